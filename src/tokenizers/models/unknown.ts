import { TokenizerError } from '../../core/errors.ts'

/** @returns the error for a word that is not known, where the vocabulary has no token for such words either */
export function missingUnknownToken(model: string, token: string | undefined, word: string): TokenizerError {
  const shown = JSON.stringify(word.length > 40 ? `${word.slice(0, 40)}…` : word)
  const lacks =
    token === undefined ? 'the model names no unknown token' : `it lacks ${JSON.stringify(token)}, the unknown token`
  return new TokenizerError(
    'MISSING_SPECIAL_TOKEN',
    `the vocabulary of the ${model} model does not cover ${shown}, and ${lacks}. ` +
      'Add that token to the vocabulary, or name the one that stands for unknown text.',
  )
}
