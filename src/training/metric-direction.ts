/** Whether a smaller value of a metric is the better one, by its name. */
export function lowerIsBetter(name: string): boolean {
  return /loss|error|perplexity|mse|mae|brier|bits/i.test(name)
}
