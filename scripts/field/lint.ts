import {cpSync} from 'node:fs'
import {join} from 'node:path'
import {z} from 'zod'
import Lint from '../../src/commands/lint.ts'
import {FIELD, provisions, type Fault} from './labels.ts'
import {asked, away} from './patrol.ts'
import {share, type Miss, type Score} from './table.ts'

const Place = z.object({line: z.number()})
const Finding = z.object({
  rule: z.string(),
  severity: z.enum(['critical', 'high', 'medium', 'low']),
  file: z.string(),
  at: z.object({start: Place, end: Place}),
  suppressed: z.unknown(),
})
type Finding = z.infer<typeof Finding>

/** Lints all files in one run, as a directory of somebody's, and holds every finding against the labels. */
export async function linted(): Promise<Score[]> {
  cpSync(join(FIELD, 'lint/files'), join(away, 'files'), {recursive: true})
  const answer = await asked(Lint, ['files'])
  const read = z.object({files: z.array(z.object({file: z.string()}))}).parse(answer.result).files
  const unread = z.array(z.object({file: z.string(), message: z.string()})).parse(answer.incomplete)
  const findings = z
    .array(Finding)
    .parse(answer.findings)
    .filter(({severity, suppressed}) => severity !== 'low' && suppressed === null)
  const labelled = [...provisions()].flatMap(([file, faults]) =>
    faults.map((fault) => ({file: `files/${file}`, fault})),
  )
  const meant = labelled.filter(({fault}) => !fault.open)
  const found = meant.filter((label) => findings.some((finding) => isOf(finding, label)))
  const right = findings.filter((finding) => meant.some((label) => isOf(finding, label)))
  const wrong = findings.filter((finding) => !labelled.some((label) => isOf(finding, label)))
  const passed = [...provisions().keys()].filter((file) => !read.some((each) => each.file === `files/${file}`))
  const rules = [...new Set([...meant.map(({fault}) => family(fault.rule)), ...wrong.map(({rule}) => family(rule))])]
  const of = (rule: string, labels: typeof meant): number =>
    labels.filter(({fault}) => family(fault.rule) === rule).length
  return [
    {
      command: `lint, ${provisions().size} files`,
      figures: [
        ['precision', share(right.length, right.length + wrong.length)],
        ['recall', share(found.length, meant.length)],
        ['files passed over', `${passed.length}, ${unread.length} of them told as unread`],
        ...rules.map((rule): [string, string] => [
          rule,
          `found ${of(rule, found)} of ${of(rule, meant)}, false ${wrong.filter((each) => family(each.rule) === rule).length}`,
        ]),
      ],
      misses: [
        ...meant
          .filter((label) => !found.includes(label))
          .map(({file, fault}): Miss => {
            const kind = passed.some((each) => file === `files/${each}`) ? 'not read' : 'missed'
            return {input: `${file}:${fault.from}`, kind, why: fault.rule}
          }),
        ...wrong.map(({file, at, rule}): Miss => ({input: `${file}:${at.start.line}`, kind: 'false', why: rule})),
        ...unread.map(({file, message}): Miss => ({input: file, kind: 'unread', why: message.split('\n')[0]!})),
      ],
    },
  ]
}

function isOf({file, rule, at}: Finding, label: {file: string; fault: Fault}): boolean {
  const {fault} = label
  const overlaps = at.start.line <= fault.to && at.end.line >= fault.from
  return file === label.file && family(rule) === family(fault.rule) && overlaps
}

/** Whether a secret's value stands in a command line or in a file, often hangs on how one looks at it. */
function family(rule: string): string {
  return rule.replace(/^secret-in-(?:argv|file)$/, 'secret-in-…')
}
