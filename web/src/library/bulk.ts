/** Do something with many jobs, a few at once. */

export interface Failed<T> {
  item: T;
  error: unknown;
}

const AT_ONCE = 3;

/** Return those that failed. The others are done, whatever happens to one of them. */
export async function forEach<T>(
  items: readonly T[],
  act: (item: T) => Promise<void>,
): Promise<Failed<T>[]> {
  const left = [...items];
  const failed: Failed<T>[] = [];
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      try {
        await act(item);
      } catch (error) {
        failed.push({ item, error });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return failed;
}
