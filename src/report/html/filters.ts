import type {AuditReport} from '../../fleet/types.ts'
import {SEVERITIES} from '../../fleet/types.ts'
import {markup} from './markup.ts'
import type {Markup} from './markup.ts'
import {byName} from './words.ts'

/** The form that narrows everything below it. Only the script can do that, so without one it does not show. */
export function filterForm({agents}: AuditReport): Markup {
  const profiles = [...new Set(agents.map((each) => each.profile))].toSorted(byName)
  return markup`<search class="scripted filters" aria-label="Filters"><form id="filters">
<label class="text"><span class="unseen">Search</span><input type="search" name="q" placeholder="Search agent, rule, text" autocomplete="off" spellcheck="false"></label>
<label><span class="unseen">Profile</span><select name="profile"><option value="">all profiles</option>${profiles.map(
    (profile) => markup`<option value="${profile}">${profile}</option>`,
  )}</select></label>
<fieldset><legend>State</legend>${chip('state', 'ok', 'fine')}${chip('state', 'findings')}${chip('state', 'unknown')}</fieldset>
<fieldset><legend>Severity</legend>${SEVERITIES.map((severity) => chip('severity', severity))}</fieldset>
<p role="status" aria-live="polite" id="count"></p>
<button type="reset">Clear</button>
</form></search>`
}

function chip(name: string, value: string, word = value): Markup {
  return markup`<label class="chip ${value}"><input type="checkbox" name="${name}" value="${value}"><span>${word}</span></label>`
}
