import type {SyntaxNode} from '../../syntax/index.ts'
import type {NotUnderstood} from '../types.ts'
import {apiPathOf, isVerb, REASONS, suspect} from './api-path.ts'
import {argumentsOf, calleeOf} from './calls.ts'
import type {Program} from './program.ts'
import {requestReader, type FoundRequest} from './request.ts'
import {holesOf, text, type Value} from './value.ts'

/** Where requests are told, and what was looked at. */
export interface RequestSink {
  call(method: string, path: string, at: SyntaxNode): void
  unclear(reason: string, shown: string, at: SyntaxNode, more?: Partial<NotUnderstood>): void
  used: Set<SyntaxNode>
}

/** Finds the requests that a program makes, those made by its functions for their callers included. */
export function findRequests(program: Program, found: RequestSink): void {
  const {calls, names, values, origins, gitea} = program
  /** Calls of functions that make a request for each of their callers: told with the function. */
  const told = new Set<SyntaxNode>()
  const read = requestReader(program)

  /** A request whose method or path its function's callers decide is one request for each of them. */
  const settle = (url: Value, method: Value, fallback: string, at: SyntaxNode, depth: number): void => {
    for (const fn of depth < 5 ? deciders(url, method, gitea) : []) {
      const sites = origins.sites(fn).filter((site) => site !== at && (names.sees(site, fn) || isAsked(site)))
      if (sites.length === 0) continue
      for (const literal of url.literals) found.used.add(literal)
      for (const site of sites) {
        told.add(site)
        const args = argumentsOf(site)
        for (const one of values.given(url, fn, args)) {
          for (const chosen of values.given(method, fn, args)) settle(one, chosen, fallback, site, depth + 1)
        }
      }
      return
    }
    const api = apiPathOf(text(url), holesOf(url), gitea)
    for (const literal of url.literals) found.used.add(literal)
    const verb = text(method).toUpperCase() || fallback
    if (api.is === 'unclear') found.unclear(api.reason, `${verb} ${text(url)}`, at, suspect(verb, api.path))
    if (api.is !== 'path') return
    if (isVerb(verb)) found.call(verb, api.path, at)
    else found.unclear(REASONS.method, `${verb} ${api.path}`, at)
  }

  const serve = (call: SyntaxNode): void => {
    for (const literal of argumentsOf(call).positional.filter(({text: said}) => said.includes('/api/v1'))) {
      found.used.add(literal)
      found.unclear(REASONS.served, literal.text, call, {harmless: true})
    }
  }

  const requests = calls.flatMap((call) => {
    const request = read(call)
    if (request === 'served') serve(call)
    if (request === 'foreign') found.unclear(REASONS.sdk, calleeOf(call)?.text ?? '', call)
    return typeof request === 'object' ? [{call, request}] : []
  })
  const isDecided = ({urls, methods}: FoundRequest) =>
    urls.some((url) => methods.some((method) => deciders(url, method, gitea).length > 0))
  const decided = requests.filter(({request}) => isDecided(request))
  for (const {call, request} of [...decided, ...requests.filter((one) => !decided.includes(one))]) {
    if (told.has(call)) continue
    for (const url of request.urls) {
      for (const method of request.methods) settle(url, method, request.fallback, call, 0)
    }
  }
}

/** Whether a call from which its function cannot be seen is one nevertheless: it gives a path. */
function isAsked(site: SyntaxNode): boolean {
  return argumentsOf(site).positional.some(({text: said}) => /^f?["'`]\/?[a-z]+(?:\/|["'`?$])/.test(said))
}

/** The functions whose parameters decide about method or path. */
function deciders(url: Value, method: Value, gitea: boolean): SyntaxNode[] {
  const found = new Set<SyntaxNode>()
  for (const part of method.parts) if (typeof part !== 'string' && part.param) found.add(part.param.of)
  if (apiPathOf(text(url), holesOf(url), gitea).is !== 'path') {
    // Behind `/api/v1` only the path is open; what stands in front does not matter.
    const known = text(url).includes('/api/v1')
    let before = ''
    for (const part of url.parts) {
      if (typeof part === 'string') before += part
      else if (part.param && (!known || before.includes('/api/v1'))) found.add(part.param.of)
    }
  }
  return [...found]
}
