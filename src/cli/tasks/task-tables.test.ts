import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as library from '../../index.ts'
import { findHead } from '../../models/registry.ts'
import { pipelineNames } from '../../pipelines/node.ts'
import { taskViews } from '../../training/doctor/views.ts'
import { cardTasks } from '../../training/report/card-tasks.ts'
import { classesOf } from '../../training/tasks/finetune-task.ts'
import { tasks as samples } from '../evaluate.samples.ts'
import { commandTasks, taskNames } from './registry.ts'

const readDocument = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')

/** Tasks of the library as objects, or as functions that make one, under the names that index.ts gives them. */
const libraryTasks = Object.entries(library).flatMap(([name, value]) => {
  const made: unknown = /Task$/.test(name) && name !== 'defineTask' ? (value as () => unknown)() : value
  const isTask =
    typeof made === 'object' && made !== null && 'encode' in made && 'metricNames' in made && 'name' in made
  return isTask ? [String(made.name)] : []
})

/** Every place where something stands under a task's name. `others`: what is there beside the tasks of `finetune`. */
const tables: { place: string; names: readonly string[]; others?: readonly string[] }[] = [
  { place: 'src/training/doctor/views.ts', names: Object.keys(taskViews) },
  {
    place: 'src/training/report/card-tasks.ts',
    names: Object.keys(cardTasks),
    others: ['pretraining', 'replaced-token-detection'],
  },
  {
    place: 'src/pipelines/node.ts',
    names: pipelineNames.map((name) => (name === 'fill-mask' ? 'masked-lm' : name)),
    others: ['feature-extraction'],
  },
  { place: 'src/index.ts', names: libraryTasks },
  { place: 'src/cli/evaluate.samples.ts', names: ['text-classification', ...Object.keys(samples)] },
  {
    place: 'docs/tasks.md',
    names: [...readDocument('tasks.md').matchAll(/^\| \[`([a-z-]+)`\]/gm)].map(([, name]) => name),
  },
]

test('every table by task name has every task of the registry, and none that there is not', () => {
  const problems = tables.flatMap(({ place, names, others = [] }) => [
    ...taskNames.filter((task) => !names.includes(task)).map((task) => `${place} lacks the task ${task}`),
    ...names
      .filter((name) => !taskNames.includes(name) && !others.includes(name))
      .map((name) => `${place} has ${name}, which is no task of src/cli/tasks/registry.ts`),
  ])
  expect(problems).toEqual([])
})

test('a task has the same name for the command and the library, and a head that there is', () => {
  expect(new Set(taskNames).size).toBe(taskNames.length)
  for (const { name, head, create } of commandTasks) {
    expect(create({}).name).toBe(name)
    expect(findHead(head, 'bert').task).toBe(head)
  }
})

test('tasks without classes have no names of classes, whatever the model calls its outputs', () => {
  const model = { config: { labels: ['a', 'b'] } }
  const named = commandTasks.filter(({ create }) => classesOf(create({}), model).length > 0).map(({ name }) => name)
  expect(named.sort()).toEqual([
    'multi-label-classification',
    'next-sentence',
    'text-classification',
    'token-classification',
  ])
})
