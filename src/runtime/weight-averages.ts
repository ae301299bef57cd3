/**
 * One step of an exponential moving average: averages = decay * averages + (1 - decay) * weights, in the form that PyTorch's
 * `lerp` has (torch.optim.swa_utils.get_ema_multi_avg_fn).
 * @param averages float32 [N], changed in place
 * @param weights float32 [N]
 * @param decay from 0 to below 1
 */
export function averageInto(averages: Float32Array, weights: Float32Array, decay: number): void {
  const share = 1 - decay
  if (share < 0.5) {
    for (let i = 0; i < averages.length; i++) averages[i] += share * (weights[i] - averages[i])
  } else {
    for (let i = 0; i < averages.length; i++) averages[i] = weights[i] - decay * (weights[i] - averages[i])
  }
}
