/**
 * The walls of the web client, and the strict rules inside them.
 *
 * Imports run one way: main -> device, pages -> ui -> words; pages -> session -> content, wire -> crypto.
 */
import reactHooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

const NO_IMPORTS = '@typescript-eslint/no-restricted-imports'

/** Forbid whole folders of src (and main.ts), seen from another folder or from src itself. */
const noFolders = (folders, message) => ({
  regex: `^(\\.\\./)+(${folders})(/|\\.tsx?$)|^\\./(${folders})/`,
  message,
})

const DEVICE = noFolders('device', 'Only main.ts knows the device: take what you need as an argument.')
const SODIUM = {
  regex: '^(libsodium|@noble)',
  message: 'Cryptography lives in the worker: use crypto/desk.ts.',
}
// These files of crypto do not load libsodium: the page may use them. Types cost nothing and are free.
const LIGHT = 'attachment|bytes|code|desk|encoding|errors|labels|operations|padding|randomness|shape'
const HEAVY = {
  regex: `/crypto/(?!(${LIGHT})\\.ts$)(?!.*\\?worker)`,
  allowTypeImports: true,
  message: 'This would bring libsodium into the page: use crypto/desk.ts.',
}
const NODE = { regex: '^node:', message: 'This code runs in a browser.' }
const OUTSIDE = [DEVICE, SODIUM, HEAVY, NODE]

const wall = (files, patterns) => ({ files, rules: { [NO_IMPORTS]: ['error', { patterns }] } })

export default tseslint.config(
  { ignores: ['dist', 'coverage', 'node_modules'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-definitions': 'off', // type for data, interface for behaviour
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { ignoreRestSiblings: true, varsIgnorePattern: '^_', argsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-eval': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'No file only re-exports: it is how import circles start.' },
        {
          selector: 'AssignmentExpression[left.property.name=/^(innerHTML|outerHTML)$/]',
          message: 'Text may quote what a stranger wrote: use textContent.',
        },
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: 'Text may quote what a stranger wrote.',
        },
      ],
    },
  },
  {
    files: ['**/*.tsx'],
    plugins: { 'react-hooks': reactHooks },
    rules: { 'react-hooks/rules-of-hooks': 'error', 'react-hooks/exhaustive-deps': 'error' },
  },

  wall(['src/**/*.{ts,tsx}'], OUTSIDE),
  wall(['src/main.{ts,tsx}', 'src/device/**'], [SODIUM, HEAVY, NODE]),
  wall(
    ['src/crypto/**'],
    [{ regex: '^(?!\\./(transparency/)?[^/]+$|libsodium-wrappers-sumo$)', message: 'crypto imports nothing outside itself.' }],
  ),
  wall(
    ['src/crypto/transparency/**'],
    [{ regex: '^(?!\\.{1,2}/[^/]+$|@noble/post-quantum/ml-dsa\\.js$)', message: 'crypto imports nothing outside itself.' }],
  ),
  wall(
    ['src/offline/**'],
    [{ regex: '^(?!\\./[^/]+$|\\.\\./(pages/places|words/push)\\.ts$)', message: 'The service worker knows addresses and two sentences.' }],
  ),
  wall(['src/search/**'], [{ regex: '^(?!\\./[^/]+$)', message: 'search imports nothing outside itself.' }]),
  wall(
    ['src/wire/**', 'src/content/**'],
    [
      ...OUTSIDE,
      noFolders('session|ui|pages|words|main', 'wire and content are pure values: they know no session and no screen.'),
    ],
  ),
  wall(['src/session/**'], [...OUTSIDE, noFolders('ui|pages|main', 'The session has no screen.')]),
  wall(['src/words/**'], [...OUTSIDE, noFolders('session|ui|pages|main|crypto', 'Words are only words.')]),
  wall(['src/ui/**'], [...OUTSIDE, noFolders('session|pages|main|crypto', 'An element knows only what it is given.')]),
  wall(['src/pages/**'], [...OUTSIDE, noFolders('main', 'Nothing imports the entry.')]),

  {
    files: ['tests/**', '**/*.test.{ts,tsx}', '*.config.ts', 'keptfiles.ts', 'published.ts'],
    rules: {
      [NO_IMPORTS]: 'off',
      '@typescript-eslint/no-non-null-assertion': 'off', // a test that finds nothing there fails, as it should
      '@typescript-eslint/no-unnecessary-type-parameters': 'off', // the type of what JSON.parse gives
    },
  },
)
