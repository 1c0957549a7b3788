/** Version of this package: what another one found is not used again. A test holds it equal to package.json. */
export const packageVersion = '0.0.0'
