/** Version of this package, as alerts name it. A test holds it equal to package.json. */
export const packageVersion = '0.0.0'
