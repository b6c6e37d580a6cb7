import {dyingIn, isDeserted, type Keep, type Survey} from '../rotation/index.ts'
import type {StorySummary} from '../story/ports.ts'

const SECRET: Record<Survey['secret'], string> = {
  new: 'as patrol stored it: the new token',
  old: 'as it was before, without the new token',
  absent: 'not there',
  unknown: 'not known, for it was written since or may be yet',
}

/** What an abort is about to do, and all that a person has to know for it: each token, the secret, the agent's word. */
export function abortText(
  {id, agent, workspace, phase}: StorySummary,
  survey: Survey | undefined,
  keep: Keep | undefined,
): string {
  const heading = `Abort rotation ${id} of ${agent} (${phase.replaceAll('_', ' ')})`
  const withdrawn = phase === 'awaiting_approval' ? ', the approval that it waits for is withdrawn' : ''
  if (!survey) return `${heading}: its new token is deleted${withdrawn}, the old one serves.`
  const rows = survey.tokens.map(
    ({side, name, id: token, lastEight, alive}) =>
      `  ${side.padEnd(4)}  ${name} (…${lastEight}, id ${token}): ${alive ? 'alive' : 'not listed any more'}`,
  )
  const place =
    survey.workspace === 'gone'
      ? [`  the workspace ${workspace} is gone`]
      : [`  the secret of ${workspace}: ${SECRET[survey.secret]}`, `  ${agent} ${saying(survey)}`]
  return [`${heading}:`, ...rows, ...place, ...consequence(survey, keep)].join('\n')
}

function saying({word, isProven}: Survey): string {
  const proven = isProven ? ', and was proven on the new one' : ''
  if (word.holds === 'unknown') return `does not tell what it runs on, for ${word.says}${proven}`
  return `reports that it runs on …${word.token.lastEight}${proven}`
}

function consequence(survey: Survey, keep: Keep | undefined): string[] {
  if (keep === undefined) return []
  if (keep === 'both' && !isDeserted(survey)) {
    return ['With --keep both: nothing is deleted on which it may run; its next rotation replaces all of it.']
  }
  const dying = dyingIn(survey, keep).map(({name}) => name)
  return dying.length > 0
    ? [`With --keep ${keep}: ${dying.join(', ')} ${dying.length === 1 ? 'is' : 'are'} deleted.`]
    : []
}
