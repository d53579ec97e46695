export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The line of least squares through points of at least two different x. */
export function fitLine(points: readonly Point[]): { intercept: number; slope: number } {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = mean(points.map(({ x }) => x));
  const meanY = mean(points.map(({ y }) => y));
  const slope =
    mean(points.map(({ x, y }) => (x - meanX) * (y - meanY))) /
    mean(points.map(({ x }) => (x - meanX) ** 2));
  return { slope, intercept: meanY - slope * meanX };
}
