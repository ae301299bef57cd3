import { afterEach, describe, expect, test } from 'vitest'
import { createProgress, type Progress, type ProgressOptions, type ProgressStream } from './progress.ts'
import { cutToWidth, displayWidth, formatClock, formatRate, oneLine } from './progress-text.ts'

const started: Progress[] = []

/** A bar that is up listens to the end of the process. */
afterEach(() => {
  for (const progress of started.splice(0)) progress.finish()
})

/** A stream that keeps what is written, a clock that is set by hand, and a terminal's view of the result. */
function setUp(options: Partial<ProgressOptions> & { columns?: number; isTTY?: boolean } = {}) {
  const writes: string[] = []
  const { columns = 100, isTTY = false, ...rest } = options
  const stream: ProgressStream = { isTTY, columns, write: (text: string) => writes.push(text) }
  let time = 5000
  const progress = createProgress({ stream, label: 'Training', total: 200, bar: isTTY, now: () => time, ...rest })
  started.push(progress)
  return {
    progress,
    stream,
    writes,
    wait: (ms: number) => {
      time += ms
    },
    /** Lines as a terminal would show them. */
    screen() {
      const lines = ['']
      for (const piece of writes.join('').match(/\u001b\[[0-9?]*[a-zA-Z]|[\s\S]/gu) ?? []) {
        if (piece === '\n') lines.push('')
        else if (piece === '\u001b[2K') lines[lines.length - 1] = ''
        else if (piece !== '\r' && !piece.startsWith('\u001b')) lines[lines.length - 1] += piece
      }
      return lines
    },
  }
}

describe('on a terminal', () => {
  test('one line with bar, share, counts, rate, time and note', () => {
    const { progress, wait, screen } = setUp({ isTTY: true, columns: 120 })
    for (let done = 1; done <= 50; done++) {
      wait(500)
      progress.update(done, { note: 'loss 0.412' })
    }
    expect(screen()).toEqual([
      `Training  25% ${'━'.repeat(7)}╸${'─'.repeat(22)}  50/200 steps  2.00 steps/s  0:25, 1:15 left  loss 0.412`,
    ])
    progress.finish('saved')
    expect(screen()).toEqual(['Training: 50/200 steps, 2.00 steps/s, in 0:25, saved', ''])
  })

  test('at most ten drawings a second', () => {
    const { progress, wait, writes } = setUp({ isTTY: true, total: 10_000 })
    for (let done = 1; done <= 10_000; done++) {
      wait(1)
      progress.update(done)
    }
    expect(writes.length).toBeGreaterThan(90)
    expect(writes.length).toBeLessThanOrEqual(102)
  })

  test.each([10, 25, 40, 60, 80, 200])('fits into %d columns', (columns) => {
    const { progress, wait, screen } = setUp({ isTTY: true, columns, label: '日本語の学習' })
    wait(1000)
    progress.update(20, { note: `${'長い'.repeat(90)}` })
    expect(displayWidth(screen()[0])).toBeLessThan(columns)
    expect(screen().length).toBe(1)
  })

  test('follows a terminal that is resized', () => {
    const { progress, stream, wait, screen } = setUp({ isTTY: true, columns: 120 })
    wait(1000)
    progress.update(20)
    expect(displayWidth(screen()[0])).toBeGreaterThan(60)
    stream.columns = 30
    wait(1000)
    progress.update(40)
    expect(displayWidth(screen()[0])).toBeLessThan(30)
  })

  test('hides the cursor and gives it back once', () => {
    const before = process.listenerCount('exit')
    const { progress, writes } = setUp({ isTTY: true })
    expect(writes).toEqual(['\u001b[?25l'])
    expect(process.listenerCount('exit')).toBe(before + 1)
    progress.finish()
    progress.finish()
    progress.update(7)
    expect(writes.join('').split('\u001b[?25h').length).toBe(2)
    expect(writes.at(-1)).toMatch(/\u001b\[\?25h$/)
    expect(process.listenerCount('exit')).toBe(before)
  })

  test('lines stand above the bar', () => {
    const { progress, wait, screen } = setUp({ isTTY: true })
    wait(1000)
    progress.update(20)
    progress.log('epoch 1: accuracy 0.81')
    expect(screen()[0]).toBe('epoch 1: accuracy 0.81')
    expect(screen()[1]).toMatch(/^Training {2}10% ━/)
  })

  test('notes cannot move the cursor', () => {
    const { progress, wait, writes } = setUp({ isTTY: true })
    wait(1000)
    progress.update(20, { note: 'a\u001b[2Jb\nc\u0007' })
    expect(writes.at(-1)).toMatch(/ {2}ab c$/)
  })

  test('an unknown total shows counts and rate', () => {
    const { progress, wait, screen } = setUp({ isTTY: true, total: undefined, unit: 'lines' })
    wait(2000)
    progress.update(5000)
    expect(screen()).toEqual(['Training 5,000 lines  2,500 lines/s  0:02'])
  })
})

describe('elsewhere', () => {
  test('a line after three seconds and a twentieth of the whole', () => {
    const { progress, wait, writes } = setUp()
    for (let done = 1; done <= 200; done++) {
      wait(100)
      progress.update(done, { note: 'loss 0.5' })
    }
    progress.finish()
    expect(writes).toEqual([
      'Training: 15% 30/200 steps, 10.0 steps/s, 0:03, 0:17 left, loss 0.5\n',
      'Training: 30% 60/200 steps, 10.0 steps/s, 0:06, 0:14 left, loss 0.5\n',
      'Training: 45% 90/200 steps, 10.0 steps/s, 0:09, 0:11 left, loss 0.5\n',
      'Training: 60% 120/200 steps, 10.0 steps/s, 0:12, 0:08 left, loss 0.5\n',
      'Training: 75% 150/200 steps, 10.0 steps/s, 0:15, 0:05 left, loss 0.5\n',
      'Training: 90% 180/200 steps, 10.0 steps/s, 0:18, 0:02 left, loss 0.5\n',
      'Training: 200/200 steps, 10.0 steps/s, in 0:20, loss 0.5\n',
    ])
  })

  test('a slow run gives a sign of life each minute', () => {
    const { progress, wait, writes } = setUp({ total: 1000 })
    for (let done = 1; done <= 10; done++) {
      wait(30_000)
      progress.update(done)
    }
    expect(writes.length).toBe(5)
    expect(writes[0]).toBe('Training: 0% 2/1,000 steps, 0.03 steps/s, 1:00, 8:19:00 left\n')
  })

  test('log writes lines as they are, without escape sequences of its own', () => {
    const { progress, writes } = setUp()
    progress.log('hello')
    progress.finish()
    progress.log('after')
    expect(writes).toEqual(['hello\n', 'Training: 0/200 steps, - steps/s, in 0:00\n', 'after\n'])
  })
})

describe('rates', () => {
  test('work done before does not count', () => {
    const { progress, wait, screen } = setUp({ isTTY: true, initial: 100 })
    wait(10_000)
    progress.update(110)
    expect(screen()[0]).toContain('110/200 steps  1.00 steps/s  0:10, 1:30 left')
  })

  test('the recent past counts most', () => {
    const { progress, wait, screen } = setUp({ isTTY: true, total: 100_000 })
    let done = 0
    for (let second = 0; second < 120; second++) {
      wait(1000)
      done += second < 60 ? 100 : 10
      progress.update(done)
    }
    // 60 s are four memories: 10 + 90 e^-4 and the correction of the start.
    const rate = Number(/([\d.]+) steps\/s/.exec(screen()[0])?.[1])
    expect(rate).toBeCloseTo(10 + (90 * (Math.exp(-4) - Math.exp(-8))) / (1 - Math.exp(-8)), 1)
  })

  test('many updates at one time, and nothing to do', () => {
    const still = setUp({ isTTY: true })
    for (let done = 0; done < 50; done++) still.progress.update(done)
    expect(still.screen()[0]).toContain('- steps/s  0:00, --:-- left')
    const nothing = setUp({ total: 0 })
    nothing.progress.finish()
    expect(nothing.writes).toEqual(['Training: 0/0 steps, - steps/s, in 0:00\n'])
  })
})

test('texts', () => {
  expect([0, 7.4, 754, 3723, 183_840, Number.NaN, Infinity, -1].map(formatClock)).toEqual([
    '0:00',
    '0:07',
    '12:34',
    '1:02:03',
    '2d 03:04',
    '--:--',
    '--:--',
    '--:--',
  ])
  expect(formatRate(0.254, 'steps')).toBe('0.25 steps/s')
  expect(formatRate(18_230.4, 'tokens')).toBe('18,230 tokens/s')
  expect(oneLine('\u001b[31mred\u001b[0m\r\nnext ')).toBe('red next')
  expect(displayWidth('aé日\u0301\u{1f600}')).toBe(6)
  expect(cutToWidth('日本語', 5)).toBe('日本…')
  expect(cutToWidth('日本語', 4)).toBe('日…')
  expect(cutToWidth('abc', 0)).toBe('')
})
