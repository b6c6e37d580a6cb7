import type {Agent} from '../config.ts'
import type {Context} from '../context.ts'
import {nothing, OpsError, run} from '../errors.ts'
import {ailing, choose} from '../fleet/index.ts'
import type {TokenRef} from '../rotation/index.ts'
import {inventoryOf} from './audit.ts'
import {profileNamed} from './profile-named.ts'

/** How an operator says whom he means. */
export interface AgentChoice {
  /** Names and globs. */
  names: readonly string[]
  all: boolean
  profile: string | undefined
}

/** An audit's document that says who is to be rotated. */
export interface AuditToFollow {
  /** For messages: a file, or standard input. */
  name: string
  text: string
  /** Only for findings of these. */
  rules: readonly string[]
}

/** Who of the agents that are meant is to be rotated, and what is to be said of the others. */
export interface Selected {
  agents: Agent[]
  /** A sentence each. */
  said: string[]
  /** Nobody knows whether they are among them. */
  unjudged: string[]
  /** Throws `AUDIT_OUTDATED` where the agent runs on a token that the audit did not see. */
  assertStill: (agent: string, deployed: TokenRef | null) => void
}

/** The agents that are meant; with an audit those of them that it wants rotated. Throws as `chosenAgents` and `auditedAgents`. */
export function selectedAgents(context: Context, choice: AgentChoice, audit: AuditToFollow | undefined): Selected {
  if (audit) return auditedAgents(context, choice, audit)
  return {agents: chosenAgents(context, choice), said: [], unjudged: [], assertStill: () => {}}
}

/**
 * The agents that an audit wants rotated, of all or of those chosen. One that it names and patrol.yaml does not have is said, as
 * is who has such a finding that a rotation does not cure, and whom it could not judge. Throws as `ailing` and `chosenAgents`.
 */
function auditedAgents(context: Context, choice: AgentChoice, {name, text, rules}: AuditToFollow): Selected {
  const everybody = choice.names.length === 0 && choice.profile === undefined
  const meant = chosenAgents(context, {...choice, all: choice.all || everybody})
  const {giteaUrl, cured, others, unjudged} = ailing(text, name, rules)
  const ours = context.requireConfig().gitea.url
  if (giteaUrl !== ours) throw new OpsError('AUDIT_UNUSABLE', {case: 'elsewhere', name, giteaUrl, ours})
  const isMeant = (agent: string): boolean => meant.some((each) => each.name === agent)
  const strangers = [...cured.keys()].filter((agent) => !context.requireConfig().agents.has(agent))
  const open = unjudged.filter((agent) => isMeant(agent) && !cured.has(agent))
  const lines: [string[], string][] = [
    [strangers, 'in that audit and not in patrol.yaml any more; not rotated'],
    [others.filter(isMeant), 'something else than a rotation cures that, as patrol audit says; not rotated'],
    [open, 'that audit could not judge everything; not rotated'],
  ]
  return {
    agents: meant.filter((agent) => cured.has(agent.name)),
    unjudged: open,
    said: lines.filter(([agents]) => agents.length > 0).map(([agents, why]) => `${agents.join(', ')}: ${why}.`),
    assertStill(agent, deployed) {
      const seen = cured.get(agent) ?? []
      if (!deployed || seen.length === 0 || seen.includes(deployed.lastEight)) return
      throw new OpsError('AUDIT_OUTDATED', {agent, lastEight: deployed.lastEight})
    },
  }
}

/**
 * The agents of patrol.yaml that are meant, each once: those named, in the order of typing; else all, or all of a profile, in
 * the order of the file. Throws `USAGE` where nothing says who, `AGENT_UNKNOWN`, `PROFILE_UNKNOWN` and `INVENTORY_EMPTY`;
 * nothing was called then.
 */
function chosenAgents(context: Context, {names, all, profile}: AgentChoice): Agent[] {
  const config = context.requireConfig()
  if (names.length > 0 && all) throw unclear('Name agents or say --all, not both.')
  if (names.length === 0 && !all && profile === undefined) {
    throw unclear('Nothing says which agents: name them, or choose them with --profile, --from-audit or --all.')
  }
  if (profile !== undefined) profileNamed(profile, config.profiles, ['patrol', 'rotate'])
  const inventory = inventoryOf(config)
  const meant = (name: string): string[] =>
    config.agents.has(name) || !isGlob(name) ? [name] : choose(inventory, {names: [name]}).agents.map((it) => it.name)
  const named = names.length > 0 ? names.flatMap(meant) : choose(inventory).agents.map(({name}) => name)
  const unique = [...new Set(named)].map((name) => context.agent(name))
  const agents = unique.filter((agent) => profile === undefined || agent.profile === profile)
  if (agents.length > 0) return agents
  const {file} = config
  throw new OpsError('AGENT_UNKNOWN', {case: 'profile', profile: profile!, file, named: names.length > 0})
}

function isGlob(name: string): boolean {
  return /[*?[{]/.test(name)
}

function unclear(what: string): OpsError {
  return new OpsError('USAGE', {what, state: nothing('called'), advice: [run`patrol rotate --help`]})
}
