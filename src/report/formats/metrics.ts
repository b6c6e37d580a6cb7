import {visible} from '../../visible.ts'

/** One value of a family, told apart by its labels. */
export interface Sample {
  labels: Readonly<Record<string, string>>
  value: number
}

/**
 * A family of OpenMetrics text; gauges only, so that the Prometheus text collector, which predates it, reads it too.
 * What is no number is left out.
 */
export function family(name: string, help: string, samples: readonly Sample[]): string {
  const unit = name.endsWith('_seconds') ? `# UNIT ${name} seconds\n` : ''
  const lines = samples
    .filter(({value}) => Number.isFinite(value))
    .map(({labels, value}) => `${name}${labelled(labels)} ${value}\n`)
  return `# TYPE ${name} gauge\n${unit}# HELP ${name} ${help}\n${lines.join('')}`
}

/** The families as one document. */
export function exposition(families: readonly string[]): string {
  return `${families.join('')}# EOF\n`
}

/** A value without labels. */
export function plain(value: number): Sample {
  return {labels: {}, value}
}

/** One series a label set, as the format demands, with how often it came. */
export function tally(labels: Iterable<Sample['labels']>): Sample[] {
  const counted = new Map<string, Sample>()
  for (const each of labels) {
    const key = JSON.stringify(Object.values(each))
    counted.set(key, {labels: each, value: (counted.get(key)?.value ?? 0) + 1})
  }
  return [...counted.values()]
}

function labelled(labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}

function escaped(value: string): string {
  return visible(value)
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
}
