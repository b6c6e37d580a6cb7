import {readFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import type {AxeResults} from 'axe-core'
import {describe, expect, test} from 'vitest'
import {lintHtml} from '../../src/report/html/lint.ts'
import {HOSTILE_NAMES} from '../support/audit-fixture.ts'
import {cleanLint, hostileLint, LINT_CONTEXT, richLint} from '../support/lint-report.ts'
import {withChromium} from './chromium.ts'

const {visit} = withChromium()
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const PAGE = lintHtml(richLint(), LINT_CONTEXT)

describe('the page of a lint run', () => {
  test('tells how much was found, and each finding with its place and its fix under its file', async () => {
    const {page} = await visit(PAGE)
    expect(await page.getByRole('heading', {level: 1}).innerText()).toBe('5 findings in 2 of 5 files')
    expect(await page.locator('.file h3 bdi').allInnerTexts()).toEqual([
      'scripts/mint.sh',
      'docs/runbook.md',
      'broken.tf',
    ])
    const first = page.locator('.found').first()
    expect(await first.locator('.who').innerText()).toMatch(/^3:12\s+high$/)
    expect(await first.locator('.fix code').innerText()).toBe('write:repository')
    for (const part of ['There is no scope "write:pull"', 'about scope-unknown', '--fix mends it'])
      expect(await first.innerText()).toContain(part)
    const landmarks = ['banner', 'search', 'main', 'contentinfo'] as const
    expect(await Promise.all(landmarks.map((each) => page.getByRole(each).count()))).toEqual([1, 1, 1, 1])
  })

  test('filters by severity, and by what does not count, without any script', async () => {
    const {page} = await visit(PAGE, {javaScriptEnabled: false})
    const shown = () => page.locator('.found:visible .who strong').allInnerTexts()
    expect(await shown()).toEqual(['3:12', '5:1', '9:1', '12:1', '40:7', '41:2', '7:1'])
    await page.getByRole('checkbox', {name: 'medium'}).check({force: true})
    expect(await shown()).toEqual(['9:1', '12:1'])
    expect(await page.locator('.file:visible').count()).toBe(1)
    await page.getByRole('checkbox', {name: 'unread'}).check({force: true})
    expect(await shown()).toEqual(['9:1', '12:1', '7:1'])
    await page.getByRole('checkbox', {name: 'medium'}).uncheck({force: true})
    await page.getByRole('checkbox', {name: 'unread'}).uncheck({force: true})
    expect(await shown()).toHaveLength(7)
  })

  test('the filters are reached and set by keyboard, and show their focus', async () => {
    const {page} = await visit(PAGE)
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.className)).toContain('skip')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    expect(await page.locator('.found:visible').count()).toBe(1)
    const chip = page.locator('.chip span').first()
    expect(await chip.evaluate((each) => getComputedStyle(each).outlineStyle)).not.toBe('none')
  })

  test('clean files are a page as well, with nothing to filter', async () => {
    const {page, complaints} = await visit(lintHtml(cleanLint(), LINT_CONTEXT))
    expect(await page.getByRole('heading', {level: 1}).innerText()).toBe('No findings in 1 file')
    expect(await page.getByRole('checkbox').count()).toBe(0)
    expect(complaints).toEqual([])
  })
})

describe('safety', () => {
  test.each(HOSTILE_NAMES)('%j is text wherever it stands', async (name) => {
    const {page, complaints, served} = await visit(lintHtml(hostileLint(name), LINT_CONTEXT))
    expect(complaints).toEqual([])
    expect(served).toEqual(['/'])
    expect(await page.evaluate('typeof pwned')).toBe('undefined')
    expect(await page.locator('body img, [onload], [onerror], script').count()).toBe(0)
    expect(await page.locator('body').textContent()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(1280)
  })

  test('its policy lets no script run at all', async () => {
    const {page, complaints} = await visit(PAGE)
    await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'window.pwned = 1'
      document.body.append(script)
    })
    await expect.poll(() => complaints.length).toBe(1)
    expect(await page.evaluate('typeof pwned')).toBe('undefined')
  })
})

describe('looks', () => {
  const looks = (['light', 'dark'] as const).flatMap((colorScheme) =>
    [390, 1280].map((width) => [colorScheme, width] as const),
  )

  test.each(looks)('axe finds nothing in %s at %d pixels, and nothing sticks out', async (colorScheme, width) => {
    const {page} = await visit(PAGE, {colorScheme, viewport: {width, height: 900}})
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    await page.evaluate(AXE)
    const {violations, passes} = await page.evaluate<AxeResults>('axe.run()')
    expect(violations.map(({id, nodes}) => ({id, first: nodes[0]?.html, why: nodes[0]?.failureSummary}))).toEqual([])
    expect(passes.map(({id}) => id)).toContain('color-contrast')
  })
})
