import type {Config} from '@oclif/core/config'
import type {Advice} from '../errors.ts'
import {run} from '../errors.ts'
import {padTo, wrapped} from '../report/wrap.ts'
import type {Paper} from './base.ts'

/** What people come for, and the first words of the commands that serve it; each command stands under one. */
export const ERRANDS: readonly (readonly [errand: string, verbs: readonly string[]])[] = [
  ['Find out', ['probe', 'can-i', 'smoke', 'explain', 'healthcheck']],
  ['Watch', ['status', 'audit', 'report', 'doctor', 'rehearse']],
  ['Cure', ['rotate', 'rotation', 'mint', 'push', 'restart', 'revoke']],
  ['Provision', ['onboard', 'onboarding', 'lint', 'infer', 'workspace-token']],
  ['Set up', ['init', 'agent', 'config']],
  ['Try it', ['drill', 'sandbox']],
]

/** What people type for a verb of ours, by the word that they have for it. */
export const MEANT: Readonly<Record<string, readonly string[]>> = {
  whoami: ['probe'],
  check: ['probe', 'doctor'],
  test: ['smoke'],
  verify: ['smoke'],
  scopes: ['probe', 'explain'],
  permissions: ['can-i', 'probe', 'explain'],
  can: ['can-i'],
  may: ['can-i'],
  list: ['status', 'audit', 'rotation list'],
  ls: ['audit', 'rotation list'],
  overview: ['status'],
  dashboard: ['status'],
  agents: ['audit', 'agent add'],
  tokens: ['audit'],
  history: ['rotation list'],
  scan: ['lint', 'audit'],
  fix: ['rotate'],
  renew: ['rotate'],
  replace: ['rotate'],
  resume: ['rotation resume'],
  abort: ['rotation abort'],
  undo: ['rotation abort'],
  cancel: ['rotation abort'],
  delete: ['revoke'],
  remove: ['revoke'],
  create: ['onboard', 'mint'],
  add: ['agent add', 'onboard'],
  new: ['agent add', 'onboard'],
  login: ['init'],
  setup: ['init', 'doctor'],
  configure: ['init'],
  demo: ['drill'],
}

const VERB = 16

/** What `patrol` says alone: the verbs by errand, and where to begin. `config`: the patrol.yaml that is found, if any. */
export function startPage(
  {commands, topics, version, pjson}: Config,
  config: string | undefined,
  paper: Paper,
): string {
  const {tint, width} = paper
  const said = (verb: string): string | undefined =>
    commands.find(({id}) => id === verb)?.summary ?? topics.find(({name}) => name === verb)?.description
  const line = (errand: string, verb: string, text: string): string =>
    wrapped(`${padTo(errand, 11)}${tint.command(padTo(verb, VERB))} ${text}`, width, 12 + VERB)
  const verbs = ERRANDS.flatMap(([errand, list]) =>
    list.map((verb, at) => line(at === 0 ? errand : '', verb, lowered(said(verb) ?? ''))),
  )
  const begin: readonly [string, Advice][] =
    config === undefined
      ? [
          ['Begin', run`patrol init`],
          ['Or try', run`patrol drill`],
        ]
      : [
          ['Begin', run`patrol audit`],
          ['Set up?', run`patrol doctor`],
        ]
  const pages = ['patrol rotate --help', 'patrol help runbooks', 'patrol help exit-codes']
  return [
    `patrol ${version}`,
    wrapped(pjson.description ?? '', width),
    '',
    ...verbs,
    '',
    ...(config === undefined ? [] : [wrapped(`${padTo('Works on', 11)}${config}`, width, 11)]),
    ...begin.map(([what, {text}]) => `${padTo(what, 11)}${tint.command(text)}`),
    ...pages.map((text, at) => `${padTo(at === 0 ? 'Read' : '', 11)}${tint.command(text)}`),
  ].join('\n')
}

/** A sentence as an entry of a list. */
function lowered(sentence: string): string {
  return (sentence.charAt(0).toLowerCase() + sentence.slice(1)).replace(/\.$/, '')
}
