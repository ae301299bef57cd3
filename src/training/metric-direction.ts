/** Whether a smaller value of a metric is the better one, by the words of its name: `hamming_loss`, `rmse`, `eval_loss`. */
export function lowerIsBetter(name: string): boolean {
  return name.split(/[^a-zA-Z]+/).some((word) => /^(loss|error|perplexity|r?mse|mae|brier|bits)$/i.test(word))
}
