import { Ajv, type ValidateFunction } from 'ajv'

/**
 * Checks responses: AdmissionReview of `admission.k8s.io/v1` as the API reference has it, with what the API server demands
 * besides (names of annotations, length of warnings, a patch only with its type).
 */
export function createResponseCheck(): ValidateFunction {
  return new Ajv({ strict: true, strictRequired: false, allErrors: true }).compile({
    type: 'object',
    required: ['apiVersion', 'kind', 'response'],
    additionalProperties: false,
    properties: {
      apiVersion: { const: 'admission.k8s.io/v1' },
      kind: { const: 'AdmissionReview' },
      response: {
        type: 'object',
        required: ['uid', 'allowed'],
        additionalProperties: false,
        properties: {
          uid: { type: 'string', minLength: 1 },
          allowed: { type: 'boolean' },
          status: {
            type: 'object',
            additionalProperties: false,
            required: ['code', 'message'],
            properties: {
              code: { type: 'integer', minimum: 400, maximum: 599 },
              reason: { enum: ['Forbidden', 'ServiceUnavailable'] },
              message: { type: 'string', minLength: 1, maxLength: 16_384 },
            },
          },
          patchType: { const: 'JSONPatch' },
          patch: {
            type: 'string',
            pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
          },
          warnings: {
            type: 'array',
            maxItems: 16,
            items: { type: 'string', minLength: 1, maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
          },
          auditAnnotations: {
            type: 'object',
            propertyNames: { pattern: '^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$' },
            additionalProperties: { type: 'string', maxLength: 8_192 },
          },
        },
        dependencies: { patch: ['patchType'], patchType: ['patch'] },
        if: { properties: { allowed: { const: false } } },
        // oxlint-disable-next-line unicorn/no-thenable
        then: { required: ['status'], not: { anyOf: [{ required: ['patch'] }, { required: ['warnings'] }] } },
        else: { not: { required: ['status'] } },
      },
    },
  })
}
