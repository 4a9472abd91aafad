/** Whether a promise settles, either way, within some time. */
export function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const { promise: decided, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), milliseconds);
  const settled = (): void => {
    clearTimeout(timer);
    resolve(true);
  };
  promise.then(settled, settled);
  return decided;
}
