import { expect, it } from 'vitest'
import { countJunit, parseJunit } from './parse-junit.ts'

const report = `<testsuites name="s" tests="2" failures="1">
  <testsuite name="s" tests="2"><properties><property name="Config" value="a: &#34;b&#34;"></property></properties>
    <testcase name="a/ping" classname="" time="0.1" status="passed"><system-err>GET /</system-err></testcase>
    <testcase name="a/pull &lt;x&gt;" classname="" status="failure">
      <system-out>expected &#34;1&#34;&#xA;got &amp;amp;</system-out>
    </testcase>
  </testsuite></testsuites>`

it('reads names, results and messages of a report', () => {
  expect(countJunit(report)).toBe(2)
  expect(parseJunit(report)).toEqual([
    { name: 'a/ping', status: 'passed', message: '' },
    { name: 'a/pull <x>', status: 'failure', message: 'expected "1"\ngot &amp;' },
  ])
})

it('has no tests and no count for what is no report', () => {
  expect([parseJunit(''), countJunit('')]).toEqual([[], Number.NaN])
})

it('refuses a test without a result', () => {
  expect(() => parseJunit('<testcase name="a"></testcase>')).toThrow(/no status/)
})
