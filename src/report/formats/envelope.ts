import type {FormatContext} from './format.ts'
import type {Json} from './shape.ts'
import {visibleJson} from '../../visible.ts'

type Part = {readonly [key: string]: Json}

/** What a run that judges puts into its envelope. */
export interface EnvelopeParts {
  result: Part
  /** All of them, those that do not count too: each says so. */
  findings: Part[]
  incomplete: Part[]
}

/** The document that `--json` prints, as a report; `judged` is the exit before `--exit-zero`. */
export function envelope(
  command: string,
  {result, findings, incomplete}: EnvelopeParts,
  judged: number,
  {tool, warnings, exit = (same) => same}: FormatContext,
): string {
  const document = {
    schema: 'patrol/envelope/1',
    tool: {name: tool.name, version: tool.version},
    command,
    status: exit(judged),
    result,
    findings,
    incomplete,
    warnings: warnings?.() ?? [],
  }
  return `${visibleJson(document, 2)}\n`
}
