/**
 * The shortest way from a text to an answer: a pipeline that reads a model folder, tokenises, predicts and names the label.
 * Twin of transformers' pipeline('sentiment-analysis').
 */
import { pipeline } from 'bertsmith'
import { classifier } from './setup.ts'

const classify = await pipeline('sentiment-analysis', classifier)

console.log(await classify('I loved the film.'))

const reviews = [
  'What a brilliant ending!',
  'The dialogue was not moving at all.',
  'The plot was weak, but the acting was superb.',
  'The plot was superb, but the acting was weak.',
]
for (const { text, label, score } of await classify(reviews)) console.log(label, score.toFixed(3), text)
await classify.close()
