import {run, say, type Advice} from '../advice.ts'
import {kind, nothing, text, type Texts} from '../kind.ts'

/** A route that was asked about: where else there is one, the nearest ones, and what to ask instead. */
type AskedRoute<More extends string = never> = Texts<'method' | 'path' | 'shown' | More> &
  Record<'elsewhere' | 'near', readonly string[]> & {advice: readonly Advice[]}

function route(what: string, {elsewhere, near, advice}: AskedRoute) {
  return {what: [what, ...elsewhere].join(' '), lines: near.length > 0 ? ['Nearest are:', ...near] : [], advice}
}

/** Calls of the API: those that are explained, and those that are found in what was used. */
export const CALLS = {
  ROUTE_UNKNOWN: kind('usage', {
    meaning: 'This version has no such call. Nothing was called.',
    says: {
      404: (asked: AskedRoute) => route(`${asked.shown} has no ${asked.method} ${asked.path}: it answers 404.`, asked),
      405: ({allowed, ...asked}: AskedRoute & {allowed: readonly string[]}) =>
        route(
          `${asked.shown} has the path ${asked.path}, but not for ${asked.method}: it answers 405. There is ${allowed.join(', ')}.`,
          asked,
        ),
      unclear: (asked: AskedRoute) =>
        route(
          `${asked.method} ${asked.path} may be several calls of ${asked.shown}, and they need different scopes.`,
          asked,
        ),
      inexact: ({catalogue, ...asked}: AskedRoute<'catalogue'>) =>
        route(`Whether ${asked.shown} has ${asked.method} ${asked.path} is not known: ${catalogue} has not.`, asked),
    },
  }),
  ROUTE_DISAGREES: kind('bug', {
    meaning: 'A server contradicts the route catalogue. Please report it.',
    says: ({method, route: of, shown, why, agent}: Texts<'method' | 'route' | 'shown' | 'why' | 'agent'>) => [
      `patrol's catalogue is wrong about ${method} ${of} on ${shown}: ${why}. Believe the server. This is our fault: please open an issue with this line and the output of \`patrol --version\`.`,
      run`patrol probe ${agent} --exit-zero`,
    ],
  }),
  INPUT_UNREADABLE: kind('unavailable', {
    meaning: 'No input could be read: missing, empty, binary, or in no format that is known.',
    says: text`Nothing could be read. ${'why'}.`,
    state: nothing('summed up'),
    advice: [run`patrol infer --help`],
  }),
  INPUT_WITHOUT_USER: kind('usage', {
    meaning: 'No request in the input is of the user that was named.',
    says: ({user, others}: Texts<'user'> & {others: number}) =>
      `No request in the input is of the user "${user}". ${others === 0 ? 'It names no user at all' : `${others} requests are of others, or of nobody`}.`,
    advice: [say('see whose requests there are with --by user')],
  }),
}
