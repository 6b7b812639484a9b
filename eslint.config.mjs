import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import prettier from 'eslint-config-prettier/flat';
import tseslint from 'typescript-eslint';

const SCRIPTS = ['**/*.{js,cjs,mjs}'];
const SPECS = ['**/*.spec.ts', 'test/**/*.ts'];

export default defineConfig(
  globalIgnores(['dist/', 'dist-*/', 'coverage/', 'data/', 'docs/']),
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A promise that nobody waits for loses its error.
      '@typescript-eslint/no-floating-promises': 'error',
      // Leaves files with decorators alone (emitDecoratorMetadata): a class that Nest injects must stay a value import.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Nest's modules are classes without members, and so are a few services' holders.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // A method that promises to answer later may do so at once: it then throws as a promise, too.
      '@typescript-eslint/require-await': 'off',
      // DTO classes carry validators and the OpenAPI schema; what they describe are plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { ignoreRestSiblings: true, argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' },
      ],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['**/*.spec.ts', 'src/database/migrations/**'],
    rules: {
      'max-lines': ['error', 300],
      'no-console': 'error',
    },
  },
  {
    // Speaks where there is no logger yet, or no longer.
    files: ['src/main.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: SPECS,
    rules: {
      // A spec names what it expects to be there; where it is not, the assertion that follows fails.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Jest's own asymmetric matchers (`expect.any`) are typed `any`.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    files: SCRIPTS,
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'require', 'module', '__dirname', 'URL'].map((name) => [name, 'readonly']),
      ),
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  prettier,
);
