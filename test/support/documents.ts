import {readFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {join, resolve} from 'node:path'
import {Ajv2020} from 'ajv/dist/2020.js'
import {Ajv} from 'ajv'
import type {ValidateFunction} from 'ajv'
import formatsPlugin from 'ajv-formats'
import MarkdownIt from 'markdown-it'
import {validateXML} from 'xmllint-wasm'

const root = resolve(import.meta.dirname, '../..')
const require = createRequire(import.meta.url)

type Judge = (document: unknown) => string[]

/** Complaints of our own schema about a whole audit document. */
export const auditComplaints: Judge = judge(() => ownSchemas('audit').getSchema('urn:patrol:audit')!)

/** Complaints of our own schema about one NDJSON line. */
export const lineComplaints: Judge = judge(() => ownSchemas('audit').getSchema('urn:patrol:audit#/$defs/line')!)

/** Complaints of our own schema about a whole lint document. */
export const lintComplaints: Judge = judge(() => ownSchemas('lint').getSchema('urn:patrol:lint')!)

/** Complaints of our own schema about one NDJSON line of a lint report. */
export const lintLineComplaints: Judge = judge(() => ownSchemas('lint').getSchema('urn:patrol:lint#/$defs/line')!)

/** Complaints of the schema that every command's envelope has to fit. */
export const envelopeComplaints: Judge = judge(() =>
  new Ajv2020({allErrors: true, allowUnionTypes: true, strictRequired: false, strictTypes: false}).compile(
    json(join(root, 'src/report/envelope.schema.json')),
  ),
)

/** Complaints of the SARIF 2.1.0 schema (rtm.5, as @microsoft/jest-sarif carries it). */
export const sarifComplaints: Judge = judge(() => {
  const {$schema: _, id, ...schema} = json(require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'))
  // Draft 4 calls the schema's name `id` and has patterns that are none in unicode mode; ajv knows what came after.
  const ajv = new Ajv({allErrors: true, strict: false, unicodeRegExp: false})
  formatsPlugin.default(ajv)
  return ajv.compile({...schema, $id: String(id)})
})

function ownSchemas(name: 'audit' | 'lint'): Ajv2020 {
  const ajv = new Ajv2020({allErrors: true, allowUnionTypes: true})
  formatsPlugin.default(ajv)
  return ajv.addSchema(json(join(root, `docs/schemas/${name}.schema.json`)))
}

/** Compiles a schema when it is first asked, and once. */
function judge(compile: () => ValidateFunction): Judge {
  let validate: ValidateFunction | undefined
  return (document) => complaints((validate ??= compile()), document)
}

/** libxml2's complaints about a JUnit report: well-formedness, and the schema of Jenkins' xUnit plugin. */
export async function junitComplaints(xml: string): Promise<string[]> {
  const schema = readFileSync(join(import.meta.dirname, 'schemas/jenkins-junit.xsd'), 'utf8')
  const {errors} = await validateXML({xml: [{fileName: 'junit.xml', contents: xml}], schema: [schema]})
  return errors.map(({message}) => message)
}

interface Family {
  name: string
  type: string
  metrics: {value: string; labels?: Record<string, string>}[]
}

/** Prometheus' text format as an independent parser reads it. */
export const prometheus: (text: string) => Family[] = require('parse-prometheus-text-format')

/**
 * What OpenMetrics 1.0 demands beyond the text format: the end mark, metadata before samples and once, families not
 * torn apart, units that end the name, no blank line, no label set twice.
 */
export function openMetricsComplaints(text: string): string[] {
  const found: string[] = []
  if (!text.endsWith('\n# EOF\n')) found.push('does not end with # EOF')
  const lines = text
    .replace(/# EOF\n$/, '')
    .split('\n')
    .slice(0, -1)
  const finished = new Set<string>()
  const series = new Set<string>()
  let family = ''
  for (const line of lines) {
    const meta = /^# (TYPE|HELP|UNIT) ([a-zA-Z_:][\w:]*) ([^\n]+)$/.exec(line)
    if (meta) {
      const [, kind, name = '', value = ''] = meta
      if (name !== family) {
        if (finished.has(name)) found.push(`${name} is torn apart`)
        finished.add(family)
        family = name
        if (kind !== 'TYPE') found.push(`${name} does not start with its type`)
      }
      if (kind === 'UNIT' && !name.endsWith(`_${value}`)) found.push(`${name} lacks its unit ${value}`)
      continue
    }
    const sample = /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?\d+(?:\.\d+)?)$/.exec(
      line,
    )
    if (!sample) found.push(`no sample: ${JSON.stringify(line)}`)
    else {
      if (sample[1] !== family) found.push(`${sample[1]} stands under ${family}`)
      const key = `${sample[1]}${sample[2] ?? ''}`
      if (series.has(key)) found.push(`${key} stands twice`)
      series.add(key)
    }
  }
  return found
}

/** Markdown as a page would show it, with HTML in the source and bare addresses taken as they are on GitHub. */
export function renderedMarkdown(text: string): string {
  return new MarkdownIt({html: true, linkify: true}).render(text)
}

function complaints(validate: ValidateFunction, document: unknown): string[] {
  if (validate(document)) return []
  return (validate.errors ?? []).map(({instancePath, message, params}) =>
    [instancePath, message, JSON.stringify(params)].join(' '),
  )
}

function json(path: string): Record<string, unknown> {
  const document: Record<string, unknown> = JSON.parse(readFileSync(path, 'utf8'))
  return document
}
