import {z} from 'zod'
import Explain from '../../src/commands/explain.ts'
import {pastes, type Paste} from './labels.ts'
import {asked, printed, type Answer} from './patrol.ts'
import {SUBJECTS} from './subjects.ts'
import {named, share, type Miss, type Score} from './table.ts'

/** `right` as the label has it; `silent` nothing was said; `beside` what matters was not said; `wrong` a false need. */
type Verdict = 'right' | 'silent' | 'beside' | 'wrong'

/** Pastes everything into `patrol explain`. */
export async function explained(): Promise<Score[]> {
  return [await scored('lines'), await scored('answers')]
}

async function scored(kind: 'lines' | 'answers'): Promise<Score> {
  const inputs = pastes(kind)
  const judged: (Judged & {input: Paste})[] = []
  for (const input of inputs) judged.push({input, ...(await pasted(input))})
  const meant = judged.filter(({input}) => input.nothing !== true)
  const empty = judged.filter(({input}) => input.nothing)
  const count = (verdict: Verdict, among = judged): number => among.filter((each) => each.verdict === verdict).length
  const figures: Score['figures'] = [
    ['answered', share(count('right', meant), meant.length)],
    ['nothing said', `${count('silent')}`],
    ['beside the point', `${count('beside')}`],
    ['wrong', `${count('wrong')}`],
  ]
  if (empty.length > 0) figures.push(['no call, and said so', share(count('right', empty), empty.length)])
  return {
    command: `explain, ${inputs.length} ${kind}`,
    figures,
    misses: judged.flatMap(({input, verdict, why}): Miss[] =>
      verdict === 'right' ? [] : [{input: input.name, kind: verdict, why}],
    ),
  }
}

const Result = z.looseObject({scopes: z.array(z.string()).nullish()})

interface Judged {
  verdict: Verdict
  why: string
}

async function pasted(input: Paste): Promise<Judged> {
  const answer = await asked(Explain, input.args, input.text)
  const judged = judgeScopes(input, answer)
  // A missing scope is said by naming it.
  if (judged.verdict !== 'right' || input.about === undefined || input.about === 'scope') return judged
  const {stdout, stderr} = await printed(Explain, input.args, input.text)
  const said = `${stdout}\n${stderr}`.split('\n').filter((line) => !isEcho(line, input.text))
  return SUBJECTS[input.about].test(said.join('\n'))
    ? judged
    : {verdict: 'beside', why: `says nothing about: ${input.about}`}
}

function judgeScopes(input: Paste, {result, exit, error}: Answer): Judged {
  const found = named(Result.nullish().parse(result)?.scopes ?? [])
  if (input.nothing === true) {
    return found === 'none' && exit !== 0 ? {verdict: 'right', why: ''} : {verdict: 'wrong', why: `says ${found}`}
  }
  if (result === null) {
    const why = error?.message.split('\n')[0] ?? 'no result'
    // That there is no such route is told as a mistake in what was given.
    return {verdict: input.about === 'route' && SUBJECTS.route.test(why) ? 'right' : 'silent', why}
  }
  const allowed = (input.oneOf ?? [input.scopes ?? []]).map(named)
  if (allowed.includes(found)) return {verdict: 'right', why: ''}
  return {verdict: found === 'none' ? 'beside' : 'wrong', why: `says ${found}, not ${allowed.join(' or ')}`}
}

/** Whether a printed line only repeats what was pasted, as `Said "token is required"`. */
function isEcho(line: string, text: string): boolean {
  const quoted = /"(.+)"/.exec(line)?.[1] ?? line.trim()
  return quoted !== '' && text.includes(quoted)
}
