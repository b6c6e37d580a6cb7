import {forgeOfCatalogue, readable} from '../scopes/catalogue.ts'
import type {Catalogue, CatalogueVersion} from '../scopes/catalogue.ts'
import type {Route} from '../scopes/route.ts'
import type {Explanation, ProfileStanding, VersionStretch} from '../scopes/explain.ts'
import {askIn} from '../scopes/call.ts'
import {adviseOn, decidedBy, FEW, statusSaid} from '../scopes/explain-advice.ts'
import type {ExplainShown} from '../scopes/explain-advice.ts'
import {
  belongings,
  requestNeeds,
  requestReasons,
  requestText,
  restOfGates,
  stretchText,
} from '../scopes/explain-words.ts'
import {compare} from '../scopes/sets.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import {table} from './table.ts'
import type {Tint} from './tint.ts'
import {rfc3339} from './when.ts'
import {nextText, wrapped} from './wrap.ts'

const INDENT = 10

/** The explanation for scripts; what is not known is null. */
export function explainResult(shown: ExplainShown): object {
  const {asked, spoken, call, scopes, who, live} = shown
  return {
    kind: asked.kind,
    call: call ? {method: call.method, path: readable(call.path), route: call.route} : null,
    giteaVersion: {
      forge: forgeOfCatalogue(spoken.version),
      named: spoken.named,
      catalogue: spoken.version,
      from: spoken.from,
    },
    scopes,
    gates: call?.here.gates ?? null,
    either: call?.here.either ?? false,
    held: asked.kind === 'denial' ? (asked.held ?? null) : null,
    status: askIn(asked)?.status ?? null,
    decidedBy: decidedBy(asked),
    answer: asked.kind === 'refusal' ? asked.answer : null,
    condition: call?.here.condition ?? null,
    versions:
      call?.versions.map(({from, to, outcome, route, scopes: needed, gates, either, condition, allowed}) => {
        return {from, to, outcome, route, scopes: needed, gates, either, condition, allowed}
      }) ?? null,
    why: whyOf(shown),
    then: thenOf(shown),
    who,
    live: live ? {agent: live.agent, ...live.answer, evidence: live.answer.evidence ?? null} : null,
    next: adviseOn(shown).commands,
  }
}

/** The explanation for people. */
export function explainText(shown: ExplainShown, tint: Tint, width?: number): string {
  const {call, scopes, live} = shown
  const lines = [...answerLines(shown), ...needLines(shown, tint)]
  for (const sentence of whyOf(shown)) lines.push(['Why', sentence])
  for (const sentence of thenOf(shown)) lines.push(['Then', sentence])
  if (call?.here.condition) lines.push(['If', `The route is there ${call.here.condition}.`])
  if (live) lines.push(['Live', liveText(live, tint)])
  const {advice, commands} = adviseOn(shown)
  return [
    facts(lines, width),
    ...(scopes.length === 0 || decidedBy(shown.asked) !== 'scope'
      ? []
      : [seenText(shown, tint, width), whoText(shown, tint, width)]),
    advice.map((sentence) => wrapped(sentence, width)).join('\n'),
    nextText(commands, (line) => tint.command(line)),
  ]
    .filter((block) => block !== '')
    .join('\n\n')
}

/** What the server said, and what it means. */
function answerLines(shown: ExplainShown): [string, string][] {
  const {asked} = shown
  if (asked.kind === 'refusal') {
    const {message, means, cure, source, on, status} = asked.answer
    const how = status.length === 0 ? '' : `, with ${status.join(' or ')}`
    return [
      ['Said', `"${message}"`],
      ['Means', means],
      ['Helps', cure],
      ['From', `${source} (${on})${how}`],
    ]
  }
  const said = statusSaid(asked)
  return said ? [['Answered', `${said.status}: ${said.means}`]] : []
}

/** What was asked, and what it needs. */
function needLines(shown: ExplainShown, tint: Tint): [string, string][] {
  const {asked, call, scopes, spoken} = shown
  const ask = askIn(asked)
  const request = ask && ask.kind !== 'call' ? ask : undefined
  if (!call && !request && asked.kind === 'refusal') return []
  const lines: [string, string][] = []
  if (request) lines.push(['Request', tint.strong(requestText(request))], ['Needs', requestNeeds(request)])
  else {
    if (call) lines.push(['Call', tint.strong(`${call.method} ${call.route}`)])
    lines.push(['Needs', needs(scopes, call?.here, tint)])
  }
  if (asked.kind === 'denial' && asked.held !== undefined) {
    lines.push(['Held', asked.held.join(', ') || 'nothing'])
    const {missing} = compare(asked.held, scopes)
    if (call && missing.length > 0) lines.push(['Missing', missing.join(', ')])
  }
  return call ? [...lines, ...versionLines(call, spoken)] : lines
}

function facts(lines: readonly (readonly [string, string])[], width: number | undefined): string {
  return lines
    .map(([name, value], at) => {
      const label = lines[at - 1]?.[0] === name ? '' : name
      return wrapped(`${label.padEnd(INDENT)}${value}`, width, INDENT)
    })
    .join('\n')
}

function needs(scopes: readonly Scope[], here: VersionStretch | undefined, tint: Tint): string {
  if (scopes.length === 0) return tint.good('no scope')
  const {gates = [], either = false} = here ?? {}
  const named = scopes.map((scope) => tint.strong(scope)).join(either ? ' or ' : ' and ')
  return gates.length > 1 && !either ? `${named}; a refusal names only the first that is missing` : named
}

/** As `Gitea 1.20 to 1.27` is. */
const LONGEST_STRETCH = 18

function versionLines({here, versions}: Explanation, {shown}: ExplainShown['spoken']): [string, string][] {
  const [only] = versions
  if (only && versions.length === 1) return [['On', `${shown}; the same on ${stretchText(only.from, only.to)}`]]
  return [
    ['On', shown],
    ...versions.map((stretch): [string, string] => {
      const mark = stretch === here ? ' (this one)' : ''
      return [
        'Versions',
        `${stretchText(stretch.from, stretch.to).padEnd(LONGEST_STRETCH)} ${answerOf(stretch)}${mark}`,
      ]
    }),
  ]
}

function answerOf({outcome: how, scopes, either, allowed}: VersionStretch): string {
  if (how === 404) return 'no such path (404)'
  if (how === 405) return `not with this method (405), only ${allowed.join(', ')}`
  if (how === 'unclear') return 'several calls with different needs'
  return scopes.join(either ? ' or ' : ' and ') || 'no scope'
}

function whyOf({asked, call, scopes}: ExplainShown): readonly string[] {
  const ask = askIn(asked)
  if (ask && ask.kind !== 'call') return requestReasons(ask).why
  const rest = call && asked.kind === 'denial' ? restOfGates(call.here.gates, asked.required) : []
  if (call) return [...rest, ...call.why]
  return asked.kind === 'denial' ? belongings(scopes) : []
}

function thenOf({asked, call}: ExplainShown): readonly string[] {
  const ask = askIn(asked)
  return ask && ask.kind !== 'call' ? [requestReasons(ask).then] : (call?.then ?? [])
}

function liveText({agent, answer}: NonNullable<ExplainShown['live']>, tint: Tint): string {
  const {giteaUrl, outcome: how, reason, evidence} = answer
  const asked = evidence ? ` (${evidence.method} ${evidence.path}: ${evidence.status})` : ''
  const where = `${giteaUrl}, asked with the token of ${agent}`
  return how === 'agrees'
    ? `${tint.good('✓ agrees')}: ${where}: ${reason}${asked}. Nothing was changed.`
    : `${tint.warn('? unknown')}: ${reason}${asked}. Nothing was changed.`
}

/** What was seen of the agents' own tokens: those that lack it by name, the others by their number. */
function seenText({who}: ExplainShown, tint: Tint, width: number | undefined): string {
  const seen = who.flatMap(({agent, seen: token}) => (agent !== null && token ? [{agent, ...token}] : []))
  if (seen.length === 0) return ''
  const lacking = seen.filter(({can}) => !can)
  const shownLacking = lacking.slice(0, FEW)
  const wide = Math.max(0, ...shownLacking.map(({agent}) => agent.length))
  const lines = shownLacking.map(({agent, lastEight, missing, by, at}) => {
    const head = `  ${agent.padEnd(wide)}  `
    const lacks = tint.bad(`✗ …${lastEight} lacks ${missing.join(' and ')}`)
    return wrapped(`${head}${lacks} (${by} of ${rfc3339(at).slice(0, 16)}Z)`, width, head.length)
  })
  const more = lacking.length - shownLacking.length
  const others = [
    ...(more > 0 ? [`${more} more that lack it`] : []),
    ...(seen.length > lacking.length ? [`${seen.length - lacking.length} seen to have it`] : []),
    ...(who.length > seen.length ? [`${who.length - seen.length} not seen yet`] : []),
  ]
  return ['Seen of their tokens:', ...lines, ...(others.length > 0 ? [`  ${others.join(', ')}`] : [])].join('\n')
}

function whoText({who}: ExplainShown, tint: Tint, width: number | undefined): string {
  const title = who[0]?.agent === null ? 'By the profiles:' : 'By their profiles:'
  const rows = who.length > FEW ? byProfile(who) : who.map((each) => [each.agent ?? each.profile, each] as const)
  const wide = Math.max(...rows.map(([name]) => name.length))
  const profiled = who.length <= FEW && who[0]?.agent !== null
  const lines = rows.map(([name, {profile, can, missing}]) => {
    const where = missing.length > 0 ? `, but not where ${missing.join(' or ')} is asked for` : ''
    const what = can ? `${tint.good('✓ can')}${where}` : tint.bad(`✗ lacks ${missing.join(' and ')}`)
    const head = `  ${name.padEnd(wide)}  ${profiled ? `${profile}  ` : ''}`
    return wrapped(`${head}${what}`, width, head.length)
  })
  return [title, ...lines].join('\n')
}

function byProfile(who: readonly ProfileStanding[]): (readonly [string, ProfileStanding])[] {
  return [...Map.groupBy(who, ({profile}) => profile)].map(([profile, agents]) => {
    const count = `${agents.length} agent${agents.length === 1 ? '' : 's'}`
    return [`${profile} (${count})`, agents[0]!] as const
  })
}

/** The whole catalogue for people, or one line per route with tabs between for other programs. */
export function tableText({routes}: Catalogue, width?: number): string {
  const rows = routes.map((route) => [route.method, route.path, route.scopes.join(' ') || '-', notes(route)])
  if (width === undefined) return rows.map((row) => row.join('\t')).join('\n')
  return table(
    [{title: 'METHOD'}, {title: 'PATH', cut: true}, {title: 'SCOPES', cut: true}, {title: 'THEN', cut: true}],
    rows,
    width,
  )
}

function notes({wants, condition}: Route): string {
  return [...wants, ...(condition ? [condition] : [])].join('; ')
}

/** The catalogue for scripts: every route once, with the versions that have it. */
export function tableResult(catalogues: readonly Catalogue[]): object {
  const found = new Map<string, {versions: CatalogueVersion[]; route: Route}>()
  for (const {version, routes} of catalogues) {
    for (const route of routes) {
      const key = JSON.stringify(route)
      const known = found.get(key)
      if (known) known.versions.push(version)
      else found.set(key, {versions: [version], route})
    }
  }
  return {
    kind: 'table',
    versions: catalogues.map(({version}) => version),
    routes: [...found.values()].map(({versions, route}) => {
      const {method, path, gates, either, scopes, condition, wants} = route
      return {method, path, gates, either, scopes, condition: condition ?? null, wants, versions}
    }),
  }
}
