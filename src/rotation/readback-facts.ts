import type {RotationEvent, Superseded, RotationTerms} from './events.ts'
import {isExposed, type Rotation} from './state.ts'

type ReadBackEvent = Extract<
  RotationEvent,
  {type: 'readback_intended' | 'readback_minted' | 'old_value_read' | 'readback_settled'}
>

/**
 * The rotation after a fact about reading the old value back; undefined where it cannot follow. A read begins only while
 * the workspace surely has the old value; its workspace token may be revoked as late as it takes.
 */
export function readBack(rotation: Rotation, event: ReadBackEvent): Rotation | undefined {
  const {readback, deployed} = rotation
  const early = rotation.phase === 'planned' && !isExposed(rotation) && !rotation.closing
  switch (event.type) {
    case 'readback_intended':
      if (!early || readback || rotation.discarding !== undefined) return undefined
      return {...rotation, readback: {known: event.known, prefix: undefined}}
    case 'readback_minted':
      return readback && !readback.prefix ? {...rotation, readback: {...readback, prefix: event.prefix}} : undefined
    case 'old_value_read': {
      const listed = rotation.superseded.find(({id}) => id === event.token.id)
      if (!early || !listed || (deployed?.id ?? event.token.id) !== event.token.id) return undefined
      return {...rotation, deployed: event.token, terms: keeping(rotation.terms, listed)}
    }
    default:
      return readback ? {...rotation, readback: undefined} : undefined
  }
}

/** The new token is confined as the one that the agent turned out to run on, where that was to decide. */
function keeping(terms: RotationTerms, {keeps}: Superseded): RotationTerms {
  return keeps === undefined ? terms : {...terms, repositories: keeps === 'all' ? undefined : keeps}
}
