import type { EvaluationRecord } from '../evaluation-record.ts'
import { comparisonSection } from './comparison.ts'
import { labelSections } from './confusion.ts'
import { wrongExamplesSection } from './examples.ts'
import { formatCount, formatPercent, formatValue } from './format.ts'
import { metricTiles, pageHeader } from './headline.ts'
import { html } from './html.ts'
import { renderPage } from './page.ts'
import { reliabilitySection } from './reliability.ts'
import { scatterSection } from './scatter.ts'
import { slicesSection } from './slices.ts'

/** Renders an evaluation as `renderReport` renders a training run. Parts that the record lacks are left out. */
export function renderEvaluation(record: EvaluationRecord): string {
  return renderPage(
    record.title || 'Evaluation',
    html`${pageHeader(record)}
<section class="headline">
${metricTiles(record.metrics)}<dl class="facts">${facts(record).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</section>
${comparisonSection(record)}${labelSections(record)}${slicesSection(record.slices)}${reliabilitySection(record.reliability)}${scatterSection(record.scatter)}${wrongExamplesSection(record.wrongExamples)}`,
  )
}

function facts({ dataSource, examples, temperature, threshold }: EvaluationRecord): [string, string][] {
  const found: [string, string][] = [
    ['Examples', formatCount(examples)],
    ['Data', dataSource],
  ]
  if (temperature) {
    const { before, after } = temperature
    found.push(
      ['Temperature fitted here', formatValue(temperature.temperature)],
      [
        'Calibration error with it',
        `${formatValue(after.calibrationError)} (before ${formatValue(before.calibrationError)})`,
      ],
    )
  }
  if (threshold) {
    found.push([
      `Threshold of “${threshold.label}” found here`,
      `${formatValue(threshold.threshold)}, best ${threshold.goal}`,
    ])
    found.push([
      'Precision and recall with it',
      `${formatPercent(threshold.precision)}, ${formatPercent(threshold.recall)}`,
    ])
  }
  return found
}
