import { detailsScript } from './details-script.ts'
import { recordsScript } from './records-script.ts'

/** Script of the page of an audit; its hash stands in the policy of the page. Data is text to it, never markup. */
export const auditPageScript = `
'use strict'
{
${recordsScript}
${detailsScript}
start()
}
`
