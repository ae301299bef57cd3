/**
 * What a masked language model thinks of a sentence, each token hidden in turn, and which words it would put in a gap.
 * Twin of BertForMaskedLM(..., labels=labels).loss and pipeline('fill-mask').
 */
import { AutoModelForMaskedLM, AutoTokenizer, collateMaskedLm, fillMaskPipeline, IGNORED_LABEL } from 'bertsmith'
import { languageModel } from './setup.ts'

const tokenizer = await AutoTokenizer.fromPretrained(languageModel)
const model = await AutoModelForMaskedLM.fromPretrained(languageModel)

/** Mean of -log p of the tokens, in a batch that has the sentence once for each of them. */
async function lossOf(sentence: string): Promise<number> {
  const { ids, typeIds } = tokenizer.encode(sentence)
  const unlabelled = new Int32Array(ids.length).fill(IGNORED_LABEL)
  const places = Array.from(ids.keys()).slice(1, -1) // all but [CLS] and [SEP]
  const masked = places.map((place) => ({
    ids: ids.with(place, tokenizer.maskId!),
    typeIds,
    labels: unlabelled.with(place, ids[place]),
  }))
  const { loss } = await model.forward(collateMaskedLm(masked), { loss: true })
  return loss!
}

for (const sentence of [
  'The capital of France is Paris.',
  'The capital of France is Oslo.',
  'The France of capital Paris is.',
]) {
  const loss = await lossOf(sentence)
  console.log(`loss ${loss.toFixed(2)}  perplexity ${Math.exp(loss).toFixed(1)}  ${sentence}`)
}

const fill = fillMaskPipeline(model, tokenizer)
for (const text of ['The capital of France is [MASK].', 'The [MASK] was wonderful.']) {
  const fills = (await fill(text, { topK: 3 })).flat()
  console.log(text, fills.map(({ token, score }) => `${token} ${score.toFixed(2)}`).join(', '))
}
await fill.close()
