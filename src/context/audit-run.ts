import {isAbsolute, relative} from 'node:path'
import {reportRoot} from '../config.ts'
import type {Context} from '../context.ts'
import {OpsError} from '../errors.ts'
import {audit, choose, parseShard} from '../fleet/index.ts'
import type {AuditEvent, AuditOptions, Chosen, Severity} from '../fleet/index.ts'
import {auditPorts, inventoryOf} from './audit.ts'
import {profileNamed} from './profile-named.ts'
import {noting} from './sightings.ts'

/** What an operator's flags say about an audit. */
export interface AuditWishes {
  profile?: string | undefined
  shard?: string | undefined
  source?: 'listing' | 'probe' | 'both' | undefined
  'ask-agents': boolean
  concurrency: number
  'fail-on': Severity
  'unused-after': number
}

/** An audit that is ready to begin. */
export interface AuditRun {
  /** The inventory's path. */
  file: string
  /** Begins anew at each call. Throws as `auditPorts` and `audit`. */
  start: (how: Pick<AuditOptions, 'baseline' | 'onProgress' | 'signal'>) => AsyncIterable<AuditEvent>
}

/**
 * Checks the inventory, the choice of agents and the sources, without calling anyone. Throws `CONFIG_NOT_FOUND`,
 * `CONFIG_INCOMPLETE`, and as `profileNamed`, `choose` and `parseShard`.
 */
export function auditRun(context: Context, names: readonly string[], wishes: AuditWishes): AuditRun {
  const {'ask-agents': askAgents, 'fail-on': failOn, 'unused-after': unusedMs, concurrency, source} = wishes
  const config = context.requireConfig()
  const {file} = config
  if (wishes.profile !== undefined) profileNamed(wishes.profile, config.profiles, ['patrol', 'audit'])
  const fleet = choose(inventoryOf({...config, file: fromRoot(file)}), {names, profile: wishes.profile})
  const shard = wishes.shard === undefined ? undefined : parseShard(wishes.shard)
  if (source !== 'probe' && source !== undefined && !config.gitea.admin) {
    throw new OpsError('CONFIG_INCOMPLETE', {case: 'administrator', file, source})
  }
  if (source !== 'listing' && source !== undefined && !fleet.agents.some(({hasReference}) => hasReference)) {
    throw new OpsError('CONFIG_INCOMPLETE', {case: 'references', file, source})
  }
  if (askAgents && !config.platform) throw new OpsError('CONFIG_INCOMPLETE', {case: 'platform', file})
  const sources = {listing: source !== 'probe', probe: source !== 'listing', askAgents}
  return {
    file,
    start: (how) => begun(context, fleet, sources, {...how, failOn, unusedMs, concurrency, shard}),
  }
}

async function* begun(
  context: Context,
  fleet: Chosen,
  sources: Parameters<typeof auditPorts>[1],
  options: AuditOptions,
): AsyncGenerator<AuditEvent> {
  yield* noting(context, audit(fleet, await auditPorts(context, sources), options))
}

/** As every machine with the same checkout calls it, so that shares of one audit agree. */
function fromRoot(file: string): string {
  const path = relative(reportRoot(), file)
  return path.startsWith('..') || isAbsolute(path) ? file : path.replaceAll('\\', '/')
}
