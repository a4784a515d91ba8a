/** Load something for a component, and load it again when it is told to. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { isAborted } from "../api/problem";

export interface Loaded<T> {
  value: T | null;
  error: unknown;
  again: () => void;
}

export function useLoaded<T>(
  load: (signal: AbortSignal) => Promise<T>,
  dependencies: unknown[],
): Loaded<T> {
  const [state, setState] = useState<{ value: T | null; error: unknown }>(NOTHING);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const ending = new AbortController();
    setState(NOTHING);
    load(ending.signal).then(
      (value) => !ending.signal.aborted && setState({ value, error: null }),
      (error) => !isAborted(error) && !ending.signal.aborted && setState({ value: null, error }),
    );
    return () => ending.abort();
  }, [...dependencies, turn]);
  return { ...state, again: useCallback(() => setTurn((now) => now + 1), []) };
}

const NOTHING = { value: null, error: null };
