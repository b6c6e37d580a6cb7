import type {TokenRef} from '../story/tokens.ts'
import type {Superseded} from './events.ts'
import {isExposed, type Rotation} from './state.ts'

/** The phase in which the next thing is a mint: nothing changed yet, or the workspace may hold a lost candidate. */
export function waitingForMint(rotation: Rotation): Rotation {
  return isExposed(rotation)
    ? {...rotation, phase: 'pushing', candidate: undefined, push: undefined}
    : {...rotation, phase: 'planned'}
}

export function endUnlessExposed(rotation: Rotation, reason: NonNullable<Rotation['closing']>): Rotation {
  return isExposed(rotation) ? rotation : {...rotation, closing: reason}
}

/** Deleted where it was never sent; one that the workspace may hold is superseded by the next instead. */
export function dropCandidate(rotation: Rotation, candidate: TokenRef | undefined): Rotation {
  if (!candidate) return waitingForMint(rotation)
  return waitingForMint(
    rotation.sent.includes(candidate.id)
      ? {...rotation, superseded: [...rotation.superseded, {...candidate}]}
      : {...rotation, discard: [...rotation.discard, candidate]},
  )
}

export function joined(superseded: readonly Superseded[], tokens: readonly TokenRef[]): Superseded[] {
  const known = new Set(superseded.map(({id}) => id))
  return [...superseded, ...tokens.filter(({id}) => !known.has(id))]
}

/** An overlap that an earlier rotation began is never made longer. */
export function withDeadlines(rotation: Rotation, at: number): Superseded[] {
  const deadline = at + rotation.terms.overlapMs
  return rotation.superseded.map((token) => ({...token, deadline: Math.min(token.deadline ?? deadline, deadline)}))
}
