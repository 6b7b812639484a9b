const swc = ['@swc/jest'];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  transform: { '^.+\\.ts$': swc, '^.+\\.m?js$': swc },
  // Nest 12 and these packages ship ES modules only, or conditional ones that jest picks up as such.
  transformIgnorePatterns: [
    '/node_modules/(?!(@nestjs|jose|typeorm|cookie|content-disposition|file-type|strtok3|token-types|uint8array-extras|@tokenizer|@borewit|uuid|@fastify|fast-check|pure-rand)/)',
  ],
  // What hangs fails by it; what is only slow, on a machine that does other things besides, does not.
  testTimeout: 120_000,
  // Each suite leaves some 25 MB of its modules behind. Near the limit of its heap a worker does little but collect garbage.
  workerIdleMemoryLimit: '1GB',
};
