import {HOLE} from '../../syntax/types.ts'
import type {HttpCall, ShellCommand, StaticText} from '../../syntax/types.ts'
import type {FindingDraft} from '../draft.ts'
import type {FileStretch} from '../excerpt.ts'
import {decoded} from '../read/base64.ts'
import {bodyOf} from '../read/body.ts'
import {pairsOf, readJson} from '../read/json.ts'
import type {FileReading, ForeignSecret, Script} from '../reading.ts'
import {heldBy, inUrl, pairIn} from './held.ts'
import {called, holdsPassword, holdsToken, isMadeUp, passwordIn, secretIn, tokenIn, type SecretSort} from './value.ts'

/** Secrets in the file, among a command's arguments, and where the process list would show them. */
export function* judgeSecrets(reading: FileReading): Iterable<FindingDraft> {
  const told: FileStretch[] = []
  const foreign = reading.foreign.filter(isReal)
  const plain = foreign.filter(({value, at}) => reading.text.startsWith(value, at.from))
  for (const held of [...writtenIn(reading), ...spokenIn(reading)]) {
    // A value may be a setting within another, and a phrase besides: it is one secret.
    if (told.some((at) => overlap(at, held.at))) continue
    told.push(held.at)
    yield inFile({...held, found: byShape(held.found, held.at, plain)})
  }
  for (const script of reading.scripts) {
    const shown: Argument[] = []
    for (const argument of argumentsOf(script, reading)) {
      const {found, word} = argument
      if (found) {
        const at = script.where(word.at)
        told.push(at)
        yield inArguments(argument, byShape(found, at, plain), at)
      } else shown.push(argument)
    }
    yield* visible(shown, script)
  }
  for (const secret of foreign) {
    if (told.some((at) => overlap(at, secret.at))) continue
    yield inFile({name: nameOf(secret, reading), at: secret.at, found: {sort: 'foreign', called: secret.called}})
  }
}

/** A secret with the name that it goes with, or `text`. */
interface NamedSecret {
  name: string
  at: FileStretch
  found: SecretSort
}

function overlap(a: FileStretch, b: FileStretch): boolean {
  return a.from < b.to && b.from < a.to
}

/** Of a key's text everything may be random; a URL is as real as its password. */
function isReal({value}: ForeignSecret): boolean {
  if (value.startsWith('-----BEGIN')) return true
  const part = inUrl(value)
  return part === undefined ? !isMadeUp(value) : (tokenIn(part) ?? passwordIn(part, 'argument')) !== undefined
}

/**
 * What a shape tells of a secret is more than a name does, if it is not that of the forge's own tokens. Only of those that
 * stand plainly in the file: what is packed has one place for all that is in it.
 */
function byShape(found: SecretSort, at: FileStretch, plain: readonly ForeignSecret[]): SecretSort {
  const known = found.sort === 'token' ? undefined : plain.find((each) => overlap(each.at, at))
  return known ? {sort: 'foreign', called: known.called} : found
}

/** The name that a secret goes with; an element of a list has none. */
function nameOf(secret: ForeignSecret, {values}: FileReading): string {
  const [line = ''] = secret.value.split('\n')
  const holder = values.find(({name, value, at}) => name !== '-' && value.includes(line) && overlap(at, secret.at))
  return holder?.name ?? 'text'
}

/** Values by the names that they have, in the file and in settings within it. */
function* writtenIn({values, passages, scripts, text}: FileReading): Iterable<NamedSecret> {
  for (const value of values) {
    const found = heldBy(value)
    if (found) yield {name: value.name, at: value.at, found}
    else yield* inSettings(value.value, value.at, text)
  }
  for (const {text: said, at, kind} of passages) {
    const [, name, value] = (kind === 'comment' && COMMENTED.exec(said)) || []
    const found = name !== undefined && value !== undefined && heldBy({path: [name], name, value, at})
    if (found) yield {name, at, found}
  }
  for (const script of scripts) {
    for (const command of script.shell.commands) {
      if (command.input) yield* inSettings(command.input.text, script.where(command.input.at), text)
      const found = pipedFrom(command, script)
      if (found) yield {name: 'text', at: script.where(command.at), found}
    }
  }
}

/** A setting that is commented out is no less told. */
const COMMENTED = /^(?:export\s+)?(\w+)\s*=\s*["']?([^\s"']+)["']?$/

/** `echo … | base64 -d`, `echo root:… | chpasswd`. */
function pipedFrom({name, words, into}: ShellCommand, script: Script): SecretSort | undefined {
  const text = script.resolve(words.at(-1) ?? name)
  const isEcho = /^(?:echo|printf)$/.test(name.text)
  if (isEcho && into?.endsWith('base64')) return tokenIn(decoded(text) ?? '') ?? pairIn(decoded(text) ?? '')
  return isEcho && into?.endsWith('chpasswd') ? pairIn(text) : undefined
}

/** Secrets that sentences, and what Gitea itself prints, hand out. */
function* spokenIn({passages, text}: FileReading): Iterable<NamedSecret> {
  for (const {text: said, at} of passages) {
    for (const pattern of [TOLD, TOLD_PASSWORD]) {
      for (const {0: whole, 1: value = '', index} of said.matchAll(pattern)) {
        const found = tokenIn(value) ?? (pattern === TOLD ? undefined : passwordIn(value, 'argument'))
        // The marks before a comment's words are in the file and not in its text.
        const from = text.indexOf(value, at.from + index + whole.length - value.length - 1)
        if (found) yield {name: 'text', at: {from, to: from + value.length}, found}
      }
    }
  }
  for (const [pattern, sort] of PHRASES) {
    for (const {0: whole, 1: value = '', index} of text.matchAll(pattern)) {
      const found = sort === 'token' ? tokenIn(value) : passwordIn(value, 'argument')
      const from = index + whole.lastIndexOf(value)
      if (found) yield {name: 'text', at: {from, to: from + value.length}, found}
    }
  }
}

/** "The token is `…`". */
const TOLD = /(?:token|bearer)\b[\s"'`*:=]{1,8}(?:is\b[\s"'`*:]{1,4})?([\w.-]{40,})/gi
const TOLD_PASSWORD = /\bpass(?:word|wd|phrase)\b[\s"'*:=]{1,6}(?:is\b[\s"'*:]{1,4})?`([^`\s]{6,64})`/gi

/** What Gitea, Forgejo and their API say when they hand out a secret. */
const PHRASES: readonly (readonly [RegExp, 'token' | 'password'])[] = [
  [/access token was successfully created[\s.:]+([0-9a-f]{40})\b/gi, 'token'],
  [/copy (?:it|your token) now[^\n]{0,80}?\b([0-9a-f]{40})\b/gi, 'token'],
  [/generated random password is ["'`]?([^\s"'`]+)/gi, 'password'],
  [/["']sha1["']\s*:\s*["']([0-9a-f]{40})["'](?=[^{}]{0,200}(?:token_last_eight|scopes))/gi, 'token'],
  [/(?:token_last_eight|["']scopes["'])[^{}]{0,200}["']sha1["']\s*:\s*["']([0-9a-f]{40})["']/gi, 'token'],
]

function inFile({name, at, found}: NamedSecret): FindingDraft {
  return {
    rule: 'secret-in-file',
    at,
    message:
      name === 'text'
        ? `${capital(called(found))} stands in the text; consider it leaked.`
        : `"${name}" holds ${called(found)} in plain text; consider it leaked.`,
    fix: `${replaced(found)}, then refer to it: an environment variable, a file, a secret store.`,
    kind: name,
  }
}

/** patrol rotates its forge's tokens and no others. */
function replaced(found: SecretSort): string {
  return found.sort === 'foreign'
    ? 'Replace it at the service that it belongs to'
    : 'Replace the secret (patrol rotate AGENT)'
}

/** `GITEA_TOKEN=…` on a line of its own: a file of settings within this one. */
function* inSettings(settings: string, within: FileStretch, text: string): Iterable<NamedSecret> {
  for (const [, name = '', value = ''] of settings.matchAll(SETTING)) {
    const found = holdsToken(name) || holdsPassword(name) ? tokenIn(value) : undefined
    const from = text.indexOf(value, within.from)
    const at = from === -1 ? within : {from, to: from + value.length}
    if (found) yield {name, at, found}
  }
}

const SETTING =
  /^[ \t]*(?:export[ \t]+)?["']?([\w.-]+)["']?[ \t]*[=:][ \t]*["']?(?:(?:token|bearer)[ \t]+)?([0-9a-f]{40}|eyJ[\w-]+\.[\w-]+\.[\w-]*)(?![\w-])/gim

/** A word of a command that carries a secret: its value, or what the shell will put there. */
interface Argument {
  command: ShellCommand
  word: StaticText
  /** `the Authorization header`. */
  what: string
  found: SecretSort | undefined
}

/** Builtins and printers start no process that others could list. */
const SILENT = new Set('echo printf export local declare readonly test [ read set cat :'.split(' '))

function* argumentsOf(script: Script, {requests}: FileReading): Iterable<Argument> {
  const calls = new Map(requests.flatMap(({command}) => (command ? [[command.call.command, command.call]] : [])))
  for (const command of script.shell.commands) {
    if (SILENT.has(command.name.text)) continue
    const call = calls.get(command)
    if (call) yield* ofCall(call, script)
    else {
      yield* ofOptions(command, script)
      yield* ofHeaders(command, script)
      yield* ofPairs(command, script)
    }
    for (const word of command.words) {
      const part = inUrl(script.resolve(word))
      if (part === undefined) continue
      const found = isWritten(part, word, script) ? (tokenIn(part) ?? passwordIn(part, 'argument')) : undefined
      if (found || isFilled(part, word, script)) yield {command, word, what: 'the URL', found}
    }
  }
}

function* ofCall(call: HttpCall, script: Script): Iterable<Argument> {
  const {command} = call
  for (const word of call.headers) {
    const [, name = '', value = ''] = /^([\w-]+):\s*(.*)$/s.exec(script.resolve(word)) ?? []
    if (!/^(?:authorization|private-token|x-gitea-otp|x-api-key)$/i.test(name)) continue
    const basic = /^basic\s+[\w+/=]{12,}$/i.test(value) ? ({sort: 'password'} as const) : undefined
    const found = isWritten(value, word, script) ? (secretIn(value) ?? basic) : undefined
    if (found || isFilled(value, word, script)) yield {command, word, what: `the ${name} header`, found}
  }
  if (call.user) {
    const word = call.user
    const [, password] = /^[^:]*:(.*)$/s.exec(script.resolve(word)) ?? []
    if (password !== undefined) {
      const written = isWritten(password, word, script)
      const found = written ? (tokenIn(password) ?? passwordIn(password, 'argument')) : undefined
      if (found || isFilled(password, word, script)) yield {command, word, what: 'the user option', found}
    }
  }
  for (const word of call.urls) {
    const [, value] = /[?&](?:access_)?token=([^&]*)/.exec(script.resolve(word)) ?? []
    if (value === undefined) continue
    const found = isWritten(value, word, script) ? secretIn(value) : undefined
    if (found || isFilled(value, word, script)) yield {command, word, what: 'the URL', found}
  }
  const body = bodyOf(call, script)
  if (!body) return
  const isArgument = body === call.body
  for (const [name, value] of pairsOf(readJson(script.resolve(body))) ?? []) {
    if (typeof value !== 'string' || !(holdsToken(name) || holdsPassword(name) || name === 'value')) continue
    const literal =
      name === 'value'
        ? tokenIn(value)
        : (secretIn(value) ?? (holdsPassword(name) ? passwordIn(value, 'file') : undefined))
    const found = literal && isWritten(value, body, script) ? literal : undefined
    if (found || (isArgument && isFilled(value, body, script))) yield {command, word: body, what: 'the body', found}
  }
}

function* ofOptions(command: ShellCommand, script: Script): Iterable<Argument> {
  for (const [index, word] of command.words.entries()) {
    const [, option = '', joined] = /^--?([\w-]+)(?:=(.*))?$/s.exec(script.resolve(word)) ?? []
    const isLogin = option === 'p' && command.words.some(({text}) => text === 'login')
    if (!holdsPassword(option) && !holdsToken(option) && !isLogin) continue
    const holder = joined === undefined ? command.words[index + 1] : word
    if (!holder) continue
    const value = joined ?? script.resolve(holder)
    if (value.startsWith('-')) continue
    const literal =
      holdsPassword(option) || isLogin ? (tokenIn(value) ?? passwordIn(value, 'argument')) : secretIn(value)
    const found = literal && isWritten(value, holder, script) ? literal : undefined
    // What follows --secret is as often a name as a value.
    const shown = option !== 'secret' && isFilled(value, holder, script)
    if (found || shown) yield {command, word: holder, what: `--${option}`, found}
  }
}

/** `docker run -e GITEA_TOKEN=…`, `helm --set gitea.token=…`, `npm config set //host/:_authToken …`. */
function* ofPairs(command: ShellCommand, script: Script): Iterable<Argument> {
  for (const [index, word] of command.words.entries()) {
    const text = script.resolve(word)
    if (/\bauthorization:/i.test(text)) continue
    const [, key, joined] = /^(?:--[\w-]+=)?([^\s=]+)=(.+)$/s.exec(text) ?? []
    const [, name = ''] = /(?:^|[:./])([\w-]+)$/.exec(key ?? (/[:.]\w+$/.test(text) ? text : '')) ?? []
    const holder = key === undefined ? command.words[index + 1] : word
    if (!holder || text.startsWith('-') !== /^--[\w-]+=[^=]+=/.test(text)) continue
    const value = joined ?? script.resolve(holder)
    const literal = heldBy({path: [name], name, value, at: holder.at})
    if (name !== '' && literal && isWritten(value, holder, script))
      yield {command, word: holder, what: name, found: literal}
  }
}

/** `git -c http.extraHeader="Authorization: token …"`. */
function* ofHeaders(command: ShellCommand, script: Script): Iterable<Argument> {
  for (const word of command.words) {
    const [, value = ''] = /\bauthorization:\s*((?:token|bearer|basic)\s+\S+)/i.exec(script.resolve(word)) ?? []
    const found = isWritten(value, word, script) ? secretIn(value) : undefined
    if (found || (value !== '' && isFilled(value, word, script)))
      yield {command, word, what: 'the Authorization header', found}
  }
}

/** The value stands there itself, and was not put there from a variable whose assignment is at fault. */
function isWritten(value: string, word: StaticText, script: Script): boolean {
  const source = script.excerpt.text.slice(word.at.from, word.at.to)
  const [, core = value] = /^(?:(?:bearer|token|basic)\s+)?(.*)$/is.exec(value) ?? []
  return core !== '' && source.includes(core)
}

/** The shell puts it there. */
function isFilled(value: string, word: StaticText, script: Script): boolean {
  const source = script.excerpt.text.slice(word.at.from, word.at.to)
  if (/^['"]?@|<\(/.test(source)) return false
  return value.includes(HOLE) || (/\$\w|\$\{|\$\(/.test(source) && !source.includes(value))
}

function inArguments({what, command}: Argument, found: SecretSort, at: FileStretch): FindingDraft {
  return {
    rule: 'secret-in-argv',
    at,
    message: `${capital(called(found))} stands in ${what} of ${command.name.text}; consider it leaked.`,
    fix: `${replaced(found)}; then give it by file or standard input, such as curl -H @FILE.`,
    kind: `${command.name.text} ${what}`,
  }
}

function* visible(shown: readonly Argument[], script: Script): Iterable<FindingDraft> {
  const [first] = shown
  if (!first) return
  const commands = new Set(shown.map(({command}) => command)).size
  const alike = shown.filter(({command}) => command.name.text === first.command.name.text)
  const places = [...new Set(alike.map(({what}) => what))].join(' and ')
  const more = commands > 1 ? `; ${commands} commands of this script do so` : ''
  yield {
    rule: 'secret-visible-in-ps',
    at: script.where(first.word.at),
    message: `The process list shows the secret in ${places} of ${first.command.name.text}${more}.`,
    fix: 'Give it by file or standard input, such as curl -H @FILE, or curl --config - with a here-document.',
    kind: `${first.command.name.text} ${first.what}`,
  }
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
