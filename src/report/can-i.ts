import {EXIT} from '../errors.ts'
import {callCure, type CuredCall} from '../probe/call-cure.ts'
import type {KnownToken} from '../probe/can-i.ts'
import {readable} from '../scopes/catalogue.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Tint} from './tint.ts'
import {wrapped} from './wrap.ts'

/** What there is to tell, as `context/can-i.ts` finds it out. */
interface CanIShown extends CuredCall {
  call: {method: string; path: string}
  token: KnownToken | undefined
  route: string | null
  scopes: readonly Scope[]
  then: readonly string[]
}

/** 0 for yes, 3 for no, 5 where it is not known. */
export function canIExit({verdict}: Pick<CanIShown, 'verdict'>): number {
  return {yes: 0, no: EXIT.findings, unknown: EXIT.unavailable}[verdict.answer]
}

/** The one line for people; it is broken only by a terminal that is narrower. */
export function canILine(shown: CanIShown, tint: Tint, width?: number): string {
  const {agent, call, verdict, token} = shown
  const {words, commands} = callCure(shown)
  const [command] = commands
  const mark = {yes: tint.good('yes'), no: tint.bad('no'), unknown: tint.warn('unknown')}[verdict.answer]
  const can = {yes: ' can ', no: ' cannot ', unknown: ', '}[verdict.answer]
  const by = token?.by === 'listing' ? ' (by the listing)' : ''
  const type = command === undefined ? '' : ` Type: ${tint.command(command)}`
  const cure = words === '' ? '' : ` ${words}`
  const asked = `${call.method} ${readable(call.path)}`
  return wrapped(`${mark}: ${agent.name}${can}${asked}: ${verdict.reason}${by}.${cure}${type}`, width, 2)
}

/** The same for scripts; what is not known is null. */
export function canIResult(shown: CanIShown): object {
  const {agent, call, route, verdict, token, scopes, then} = shown
  return {
    agent: agent.name,
    method: call.method,
    path: readable(call.path),
    route,
    answer: verdict.answer,
    decidedBy: verdict.by,
    reason: verdict.reason,
    scopes,
    missing: verdict.missing,
    token: token ? {lastEight: token.lastEight, by: token.by, granted: token.granted} : null,
    then,
    next: callCure(shown).commands,
  }
}
