/** A value that components can watch. It is all the state management that there is. */
import { useEffect, useState } from "preact/hooks";

export class Store<T> {
  readonly #watchers = new Set<(value: T) => void>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const watcher of [...this.#watchers]) watcher(value);
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }

  /** Return a function that ends the watching. */
  watch(watcher: (value: T) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Resolve as soon as the value fits. */
  until(fits: (value: T) => boolean): Promise<T> {
    if (fits(this.#value)) return Promise.resolve(this.#value);
    return new Promise((resolve) => {
      const end = this.watch((value) => {
        if (!fits(value)) return;
        end();
        resolve(value);
      });
    });
  }
}

export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(store.value);
  useEffect(() => {
    setValue(() => store.value);
    return store.watch((next) => setValue(() => next));
  }, [store]);
  return value;
}
