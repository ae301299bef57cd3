/** By this line a model card is known for one that bertsmith wrote and may write anew. */
export const CARD_MARK =
  '<!-- Written by bertsmith from the facts of this run. The next run into this folder writes it anew; take this line away to keep it. -->'
