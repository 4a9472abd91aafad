/** A share from 0 to 1 as people say it. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
