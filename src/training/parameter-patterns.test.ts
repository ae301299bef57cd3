import { describe, expect, test } from 'vitest'
import { ConfigError } from '../core/errors.ts'
import { selectNames } from './parameter-patterns.ts'

const layers = Array.from({ length: 12 }, (_, i) => [
  `bert.encoder.layer.${i}.attention.output.dense.weight`,
  `bert.encoder.layer.${i}.output.LayerNorm.weight`,
  `bert.encoder.layer.${i}.output.dense.bias`,
])
const embeddings = ['bert.embeddings.word_embeddings.weight', 'bert.embeddings.LayerNorm.weight']
const head = ['bert.pooler.dense.weight', 'bert.pooler.dense.bias', 'classifier.weight', 'classifier.bias']
const names = [...embeddings, ...layers.flat(), ...head]
const select = (...patterns: string[]) => [...selectNames(names, patterns, 'freeze')]

describe('a pattern', () => {
  test.each<[string, string[]]>([
    ['embeddings', embeddings],
    ['bert.embeddings', embeddings],
    ['word_embeddings.weight', [embeddings[0]]],
    ['encoder.layer.1', layers[1]],
    ['layer.11.output', [layers[11][1], layers[11][2]]],
    ['layer.[0-2]', layers.slice(0, 3).flat()],
    ['layer.[!0-8]', layers.slice(9, 10).flat()],
    ['layer.?', layers.slice(0, 10).flat()],
    ['layer.1*', [...layers[1], ...layers[10], ...layers[11]]],
    ['layer.{0,11}', [...layers[0], ...layers[11]]],
    ['layer.*.attention', layers.map(([attention]) => attention)],
    ['classifier', head.slice(2)],
    ['Layer*', [embeddings[1], ...layers.map((layer) => layer[1])]],
    ['pooler.dense.weight', [head[0]]],
    ['*', names],
  ])('%s stands for whole parts of a name', (pattern, expected) => {
    expect(select(pattern)).toEqual(expected)
  })

  test('adds to those before it, and with ! takes away', () => {
    expect(select('embeddings', 'layer.0')).toEqual([...embeddings, ...layers[0]])
    expect(select('bert', '!pooler', '!LayerNorm')).toEqual(
      names.filter((name) => name.startsWith('bert.') && !/pooler|LayerNorm/.test(name)),
    )
    expect(select('*', '!classifier', 'classifier.bias')).toEqual([...names.slice(0, -2), 'classifier.bias'])
  })
})

describe('refused', () => {
  test.each([
    ['embedings', '"embeddings"'],
    ['encoder.layers.1', '"encoder.layer.1"'],
    ['encoder.layer.12', '"encoder.layer.1"'],
    ['!clasifier', '"classifier"'],
    ['layernorm', '"LayerNorm"'],
    ['dense.weigh', '"dense.weight"'],
    ['decoder.blocks.3.mlp', 'they are bert.embeddings, bert.encoder, bert.pooler, classifier.weight, classifier.bias'],
  ])('%s, with what is near', (pattern, near) => {
    expect(() => select('embeddings', pattern)).toThrow(ConfigError)
    expect(() => select('embeddings', pattern)).toThrow(expect.objectContaining({ code: 'NO_MATCH' }))
    expect(() => select('embeddings', pattern)).toThrow(`freeze: "${pattern}" matches none of the model's parameters`)
    expect(() => select('embeddings', pattern)).toThrow(near)
  })

  test.each(['', '!', '.', 'layer..1', 'layer.', '.layer', 'layer.[0-5', 'layer.{0,1', 'layer.0]', 'layer.[5-0]'])(
    '"%s" as no pattern',
    (pattern) => {
      expect(() => select(pattern)).toThrow(expect.objectContaining({ name: 'ConfigError', code: 'PATTERN' }))
    },
  )

  test('what stands for itself in a pattern is not taken for an expression', () => {
    expect(() => select('(classifier)')).toThrow(expect.objectContaining({ code: 'NO_MATCH' }))
    expect([...selectNames(['a.b+c', 'a.bbc'], ['b+c'], 'freeze')]).toEqual(['a.b+c'])
    expect([...selectNames(['a.b-c', 'a.]'], ['b-c'], 'freeze')]).toEqual(['a.b-c'])
  })
})
