import type {DecidedEnding, Keep, Survey} from '../rotation/index.ts'
import type {StorySummary} from '../story/ports.ts'
import {wrapped} from './wrap.ts'

const SECRET: Record<Survey['secret'], string> = {
  new: 'as patrol stored it: the new token',
  old: 'as before this rotation: not the new token',
  absent: 'not there',
  unknown: 'not known: it was written since, or a write of ours may still arrive',
}

/** What an abort is about to do, and all that a person has to know for it: each token, the secret, the agent's word. */
export function abortText(
  {id, agent, workspace, phase}: StorySummary,
  survey: Survey | DecidedEnding | undefined,
  keep: Keep | undefined,
  width?: number,
): string {
  const heading = `Abort rotation ${id} of ${agent} (${phase.replaceAll('_', ' ')})`
  const withdrawn = phase === 'awaiting_approval' ? ', the approval that it waits for is withdrawn' : ''
  if (!survey) return wrapped(`${heading}: its new token is deleted${withdrawn}; nothing else is touched.`, width)
  if ('ending' in survey) {
    const end = survey.ending === 'both-kept' ? 'both sides are kept' : 'its new token goes'
    return wrapped(`${heading}: its end was decided before (${end}); what is left of that is done.`, width)
  }
  const rows = survey.tokens.map(
    ({side, name, id: token, lastEight, alive}) =>
      `  ${side.padEnd(4)}  ${name} (…${lastEight}, id ${token}): ${alive ? 'alive' : 'not listed any more'}${side === 'lost' ? '; minted on the way' : ''}`,
  )
  const place =
    survey.workspace !== 'there'
      ? [
          `  the workspace ${workspace} is gone${survey.workspace === 'lost' ? ', and its process ran outside the platform' : ''}`,
        ]
      : [`  the secret of ${workspace}: ${SECRET[survey.secret]}`, `  ${agent}: ${saying(survey)}`]
  const others = survey.others.map((line) => `  ${line}`)
  return wrapped([`${heading}:`, ...rows, ...place, ...others, ...consequence(survey, keep, agent)].join('\n'), width)
}

function saying({word, isProven}: Survey): string {
  const said = word.holds === 'unknown' ? word.says : `it reports that it runs on …${word.token.lastEight}`
  return isProven ? `${said}; before, it was proven on the new one` : said
}

function consequence({tokens}: Survey, keep: Keep | undefined, agent: string): string[] {
  if (keep === undefined) return []
  if (keep === 'both') {
    return [
      `With --keep both: only what was never sent to ${agent} is deleted; its next rotation replaces all the others.`,
    ]
  }
  const dying = tokens.filter(({side, alive}) => alive && side !== keep).map(({name}) => name)
  return dying.length > 0
    ? [`With --keep ${keep}: ${dying.join(', ')} ${dying.length === 1 ? 'is' : 'are'} deleted.`]
    : []
}
