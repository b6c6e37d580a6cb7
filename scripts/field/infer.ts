import {cpSync} from 'node:fs'
import {join} from 'node:path'
import {z} from 'zod'
import Infer from '../../src/commands/infer.ts'
import {FIELD, programs, type Need} from './labels.ts'
import {asked, away, type Answer} from './patrol.ts'
import {named, share, type Score} from './table.ts'

/** What is wrong with an answer, worst first. */
const KINDS = {
  blind: 'said none, and to be sure of it',
  short: 'left out a need, and was sure',
  more: 'named a need that is none',
  sure: 'was sure, where nobody can be',
  unread: 'read nothing, and said so',
  less: 'left out a need, as a lower bound',
  unsure: 'right, but only as a lower bound',
  right: 'exact',
} as const

type Kind = keyof typeof KINDS

/** Infers the needs of every program; where they lie must not tell a reader that they are a test's. */
export async function inferred(): Promise<Score[]> {
  cpSync(join(FIELD, 'infer/programs'), join(away, 'programs'), {recursive: true})
  const judged: (Judged & {input: string})[] = []
  for (const [input, need] of programs()) {
    judged.push({input, ...judge(need, await asked(Infer, [join('programs', input)]))})
  }
  const count = (...kinds: Kind[]): number => judged.filter(({kind}) => kinds.includes(kind)).length
  return [
    {
      command: `infer, ${judged.length} programs`,
      figures: [
        [KINDS.right, share(count('right'), judged.length)],
        ['scopes right', share(count('right', 'unsure', 'sure'), judged.length)],
        ...(['blind', 'short', 'more', 'sure', 'unread', 'less', 'unsure'] as const).map((kind): [string, string] => [
          KINDS[kind],
          `${count(kind)}`,
        ]),
      ],
      misses: judged.filter(({kind}) => kind !== 'right'),
    },
  ]
}

const Result = z.object({groups: z.array(z.object({scopes: z.array(z.string())}))})

interface Judged {
  kind: Kind
  why: string
}

function judge({scopes: allowed, bound}: Need, {result, exit, error}: Answer): Judged {
  if (result === null) {
    // Whoever can know nothing of a program and says so, exit and all, is right.
    const right = bound !== 'whole' && allowed.some((scopes) => scopes.length === 0)
    return {kind: right ? 'right' : 'unread', why: error?.message.split('\n')[0] ?? `exit ${exit}`}
  }
  const found = new Set(Result.parse(result).groups.flatMap(({scopes}) => scopes))
  const sure = exit === 0
  const why = `says ${sure ? '' : 'at least '}${named([...found])}, not ${bound === 'least' ? 'at least ' : ''}${allowed.map(named).join(' or ')}`
  return {kind: kindOf([...found], sure, allowed, bound), why}
}

function kindOf(found: readonly string[], sure: boolean, allowed: Need['scopes'], bound: Need['bound']): Kind {
  const exact = allowed.some((scopes) => named(scopes) === named(found))
  const whole = allowed.some((scopes) => scopes.length === 0) && bound === 'whole'
  if (sure && found.length === 0 && !whole) return 'blind'
  if (!exact) {
    if (!found.every((scope) => allowed.flat().includes(scope))) return 'more'
    return sure ? 'short' : 'less'
  }
  if (sure && bound === 'least') return 'sure'
  return !sure && bound === 'whole' ? 'unsure' : 'right'
}
