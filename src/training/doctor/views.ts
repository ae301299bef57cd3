import {
  choiceSample,
  multiLabelSample,
  questionSample,
  type Sample,
  type TargetKind,
  textSample,
  tokenSample,
} from '../../data/doctor/index.ts'

/** How the examples of a task are checked. */
export interface TaskView {
  targets: TargetKind
  /** An example as the task's reader gives it. */
  sample(example: never): Sample
}

/** Every task whose data can be checked, one line each. */
export const taskViews: Readonly<Record<string, TaskView>> = {
  'text-classification': { targets: 'class', sample: textSample },
  'multi-label-classification': { targets: 'classes', sample: multiLabelSample },
  regression: { targets: 'number', sample: textSample },
  'token-classification': { targets: 'tags', sample: tokenSample },
  'multiple-choice': { targets: 'choice', sample: choiceSample },
  'next-sentence': { targets: 'class', sample: textSample },
  'question-answering': { targets: 'answer', sample: questionSample },
  'masked-lm': { targets: 'none', sample: textSample },
}

/** The view of a task; undefined for one that it does not know, such as a task of one's own. */
export function viewOf(task: string): TaskView | undefined {
  return Object.hasOwn(taskViews, task) ? taskViews[task] : undefined
}
