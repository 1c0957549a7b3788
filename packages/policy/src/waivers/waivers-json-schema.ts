import * as z from 'zod'
import type { JsonSchema } from '../document/policy-json-schema.ts'
import { waiverFileSchema } from './waiver.schema.ts'

/** The JSON Schema of files of waivers, for editors; dates, purls and ranges are only checked by `parseWaivers`. */
export function waiversJsonSchema(): JsonSchema {
  return {
    ...z.toJSONSchema(waiverFileSchema, { io: 'input' }),
    $id: 'https://sallyport.dev/schemas/waivers/v1',
    title: 'Sallyport waivers',
  }
}
