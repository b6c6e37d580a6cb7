import {isFrom} from './dialect.ts'
import {Form} from './form.ts'
import {FORMS} from './forms.ts'
import type {Field} from './forms.ts'
import type {Visit} from './visit.ts'

/** The body as a form, or the text of the 422 for its first fault. */
export type Bound = {form: Form} | {fault: string}

/**
 * Reads a request's body as Gitea's binding library does. POST and PUT need a content type; PATCH and DELETE without
 * one are read as forms. An empty JSON body is an object without fields.
 */
export function bindBody({call, dialect}: Visit, formName: string): Bound {
  const type = call.headers['content-type'] ?? ''
  const fields = (FORMS[formName] ?? [])
    .filter(
      ({since, until}) =>
        (!since || isFrom(dialect.bodies, since)) &&
        (!until || until === dialect.bodies || !isFrom(dialect.bodies, until)),
    )
    .map((field) => (dialect.isForgejo ? asOnForgejo(field, dialect.confinesTokens) : field))
  if (type.includes('form-urlencoded') || type.includes('multipart/form-data')) {
    return validated(fromForm(fields, new URLSearchParams(call.body.toString()), call.query), fields)
  }
  if (type.includes('json')) return fromJson(formName, fields, call.body.toString())
  if (type !== '') return {fault: '[]: Unsupported Content-Type'}
  if (call.method === 'POST' || call.method === 'PUT') return {fault: '[]: Empty Content-Type'}
  return validated(fromForm(fields, new URLSearchParams(), call.query), fields)
}

/** `forgejo 11.0.15 and 15.0.3, run`: their words for an address that is none. */
function asOnForgejo(field: Field, is15: boolean): Field {
  const rules = field.rules.filter((rule) => !(field.optionalOnForgejo && rule === 'Required'))
  return {...field, rules: rules.map((rule) => (rule === 'Email' ? (is15 ? 'Forgejo15Email' : 'ForgejoEmail') : rule))}
}

function fromJson(formName: string, fields: readonly Field[], body: string): Bound {
  if (body.trim() === '') return validated({}, fields)
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return {fault: '[]: invalid character in JSON body'}
  }
  if (value === null) return validated({}, fields)
  if (typeof value !== 'object' || Array.isArray(value)) {
    return {fault: `[]: invalid character '${body.trim().charAt(0)}' looking for beginning of value`}
  }
  const form: Record<string, unknown> = {}
  for (const [key, given] of Object.entries(value)) {
    // Go matches keys without regard to case, and a null leaves a field as it is.
    const field = fields.find((each) => each.key.toLowerCase() === key.toLowerCase())
    if (given === null) continue
    if (field && !fits(given, field.type)) {
      return {fault: `[]: ${mismatch(given, `${formName}.${field.name}`, field.type)}`}
    }
    form[field?.key ?? key] = given
  }
  return validated(form, fields)
}

/** Form fields go by Gitea's field name in snake case, not by the JSON key. */
function fromForm(fields: readonly Field[], ...sources: readonly URLSearchParams[]): Record<string, unknown> {
  const form: Record<string, unknown> = {}
  for (const field of fields) {
    const name = field.name.replace(/[A-Z]/g, (letter, at: number) => (at > 0 ? '_' : '') + letter.toLowerCase())
    const values = sources.flatMap((source) => source.getAll(name))
    const [first] = values
    if (first === undefined) continue
    form[field.key] = typed(field.type, first, values)
  }
  return form
}

function typed(type: Field['type'], first: string, all: readonly string[]): unknown {
  if (type === 'int64') return Number(first) || 0
  if (type === 'bool') return first === 'true' || first === '1' || first === 'on'
  if (type === '[]string') return all
  return type === '[]int64' ? all.map(Number) : first
}

function fits(value: unknown, type: Field['type']): boolean {
  if (type === 'any') return true
  if (type === 'string') return typeof value === 'string'
  if (type === 'bool') return typeof value === 'boolean'
  if (type === 'int64') return Number.isInteger(value)
  const item = type === '[]string' ? 'string' : 'int64'
  return Array.isArray(value) && value.every((each) => each === null || fits(each, item))
}

/** In the words of the decoder that Gitea uses, which are odd for lists. */
function mismatch(value: unknown, place: string, type: string): string {
  if (type.startsWith('[]') && !Array.isArray(value)) return 'json: slice unexpected end of JSON input'
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  return `json: cannot unmarshal ${kind} into Go struct field ${place} of type ${type}`
}

function validated(form: Record<string, unknown>, fields: readonly Field[]): Bound {
  for (const field of fields) {
    const value = form[field.key]
    const absent = value === undefined || value === '' || value === 0 || value === false
    if (absent) {
      if (field.rules.includes('Required')) return {fault: `[${field.name}]: Required`}
      continue
    }
    for (const rule of field.rules) {
      const fault = broken(rule, typeof value === 'string' ? value : JSON.stringify(value))
      if (fault) return {fault: `[${field.name}]: ${fault}`}
    }
  }
  return {form: new Form(form)}
}

const EMAIL = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@(?:\w(?:[\w-]*\w)?\.)+[a-zA-Z0-9](?:[\w-]*\w)?$/

/** Whether a user or organisation may be named so (`gitea 1.20 to 1.27: modules/validation/helpers.go`). */
export function isUsername(name: string): boolean {
  return /^[\da-zA-Z][-.\w]*$/.test(name) && !/[-._]{2,}|[-._]$/.test(name)
}

/** What Gitea says when a present value breaks a rule. */
function broken(rule: string, value: string): string | undefined {
  const [, name = '', argument = ''] = /^(\w+)(?:\((.*)\))?$/.exec(rule) ?? []
  const words: Readonly<Record<string, string>> = {
    ValidUrl: 'Url',
    Username: 'invalid username',
    Forgejo15Email: `e-mail invalid [email: ${value}]`,
    ForgejoEmail: `e-mail address contains unsupported character [email: ${value}]`,
  }
  const said = words[name] ?? name
  return (RULES[name]?.(value, argument) ?? true) ? undefined : said
}

const RULES: Readonly<Record<string, (value: string, argument: string) => boolean>> = {
  AlphaDashDot: (value) => /^[\w.-]*$/.test(value),
  MaxSize: (value, size) => Array.from(value).length <= Number(size),
  In: (value, allowed) => allowed.split(',').includes(value),
  Email: (value) => EMAIL.test(value),
  Forgejo15Email: (value) => EMAIL.test(value),
  ForgejoEmail: (value) => EMAIL.test(value),
  Username: isUsername,
  ValidUrl: (value) => /^https?:\/\/[^\s/]+/.test(value),
  GitRefName: (value) => !/[\s~^:?*[\\]|\.\.|\/\/|^\/|\/$|\.lock$|@\{|\.$/.test(value),
}
