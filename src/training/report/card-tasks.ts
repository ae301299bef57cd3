/** What a model card says of a task: what others call it, and how to use such a model. */

/** A task as model cards have it. */
export interface CardTask {
  /** The hub's name of the task, as in `pipeline_tag`, if it has one. */
  readonly tag?: string
  /** Whether long texts are read in windows; else they are cut. */
  readonly windows?: boolean
  /** What is given to `bertsmith predict --model FOLDER`. */
  readonly predict: string
  /** A whole program for transformers. */
  readonly python: string
}

const pipelineProgram = (tag: string, text: string, more = ''): string =>
  `from transformers import pipeline

model = pipeline("${tag}", model="FOLDER"${more})
print(model("${text}"))`

const textClassification = { tag: 'text-classification', predict: '"A text."' }

const maskedLm = {
  windows: true,
  tag: 'fill-mask',
  predict: '"A text with a [MASK]."',
  python: pipelineProgram('fill-mask', 'A text with a [MASK].'),
}

/** Every task that a card may be about, of fine-tuning and of pre-training. */
export const cardTasks: Readonly<Record<string, CardTask>> = {
  'text-classification': {
    ...textClassification,
    python: pipelineProgram('text-classification', 'A text.'),
  },
  'multi-label-classification': {
    ...textClassification,
    python: pipelineProgram('text-classification', 'A text.', ', top_k=None'),
  },
  regression: {
    ...textClassification,
    python: pipelineProgram('text-classification', 'A text.', ', function_to_apply="none"'),
  },
  'token-classification': {
    tag: 'token-classification',
    windows: true,
    predict: '"A text."',
    python: pipelineProgram('token-classification', 'A text.', ', aggregation_strategy="first"'),
  },
  'question-answering': {
    tag: 'question-answering',
    windows: true,
    predict: '--question "A question?" --context "The text that holds the answer."',
    python: `from transformers import AutoModelForQuestionAnswering, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
model = AutoModelForQuestionAnswering.from_pretrained("FOLDER")
inputs = tokenizer("A question?", "The text that holds the answer.", return_tensors="pt")
outputs = model(**inputs)
start, end = outputs.start_logits.argmax(), outputs.end_logits.argmax()
print(tokenizer.decode(inputs["input_ids"][0, start : end + 1]))`,
  },
  'multiple-choice': {
    tag: 'multiple-choice',
    predict: '--question "A question?" "One choice" "Another choice"',
    python: `from transformers import AutoModelForMultipleChoice, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
model = AutoModelForMultipleChoice.from_pretrained("FOLDER")
choices = ["One choice", "Another choice"]
inputs = tokenizer(["A question?"] * len(choices), choices, return_tensors="pt", padding=True)
logits = model(**{name: tensor.unsqueeze(0) for name, tensor in inputs.items()}).logits
print(choices[logits.argmax()])`,
  },
  'next-sentence': {
    predict: '"A sentence." "What may follow it."',
    python: `from transformers import AutoModelForNextSentencePrediction, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
model = AutoModelForNextSentencePrediction.from_pretrained("FOLDER")
inputs = tokenizer("A sentence.", "What may follow it.", return_tensors="pt")
print(model(**inputs).logits.softmax(-1))  # that it follows, that it does not`,
  },
  'masked-lm': maskedLm,
  pretraining: maskedLm,
  'replaced-token-detection': {
    predict: '',
    python: `from transformers import AutoModelForPreTraining, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
model = AutoModelForPreTraining.from_pretrained("FOLDER")
inputs = tokenizer("A text.", return_tensors="pt")
print(model(**inputs).logits.sigmoid())  # for each token, that it was replaced`,
  },
}

/** What a card says of a task by its name; of an unknown one nothing. */
export const cardTask = (name: string): CardTask | undefined =>
  Object.hasOwn(cardTasks, name) ? cardTasks[name] : undefined
