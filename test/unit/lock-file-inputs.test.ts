/** What of a project's own files a package manager gets to see when a lock file is made anew. */
import { describe, expect, test } from '@jest/globals';
import { gemfileProblem } from '../../activities/conflict/gemfile.ts';
import { yarnSettings } from '../../activities/conflict/yarn-settings.ts';

describe('a Gemfile', () => {
  test('that only declares gems is read', () => {
    const text = `# frozen_string_literal: true
source "https://rubygems.org"
git_source(:github) { |repo| "https://github.com/#{repo}.git" }
ruby "3.3.0"

gem "rails", "~> 8.0", ">= 8.0.1" # the framework
gem 'bootsnap', require: false
gem "pg", groups: [:development, :production]
gem("debug", platforms: [:mri, :windows], require: "debug/prelude")
gem "old", :require => nil
group :development, :test do
  gem "rspec"
end
source "https://gems.example.org" do
  gem "private"
end
platforms :jruby do
  gem "jdbc"
end
`;
    expect(gemfileProblem(text)).toBeUndefined();
    expect(gemfileProblem(text.replaceAll('\n', '\r\n'))).toBeUndefined();
  });

  test.each([
    'system("touch x")',
    '`touch x`',
    'gem "a#{`touch x`}"',
    'gem "a"; system("x")',
    'gem "a", path: "vendor/a"',
    'gem "a", git: "https://example.org/a.git"',
    'gem "a", github: "a/a"',
    'gem "a", require: system("x")',
    'gem "a", "1" if system("x")',
    'gem "a" do',
    'gemspec',
    'plugin "evil"',
    'eval_gemfile "other"',
    'ruby file: ".ruby-version"',
    'gem "\\x60"',
    'require "./evil"',
    'group :a, &evil do',
    'git_source(:github) { |repo| system(repo) }',
    'source "x" # fine\rsystem("x")',
    '=begin',
    '__END__',
  ])('that does more is not: %s', (line) => {
    expect(gemfileProblem(`source "https://rubygems.org"\n${line}\n`)).toMatch(/^line 2 of the Gemfile/);
  });

  test('of long and strange lines takes no time', () => {
    for (const line of [
      `gem ${'"a",'.repeat(50_000)}`,
      `gem "a", groups: [${':a '.repeat(50_000)}`,
      ' '.repeat(100_000),
    ])
      expect(() => gemfileProblem(line)).not.toThrow();
  });
});

test('of .yarnrc.yml Yarn sees what decides about packages, and nothing that it would run', () => {
  const text =
    'nodeLinker: node-modules\nplugins: [./evil.cjs]\nyarnPath: ./evil.cjs\n"plug\\x69ns": [./other.cjs]\nenableScripts: true\nnpmScopes:\n  acme:\n    npmRegistryServer: https://npm.acme.example\n';
  expect(yarnSettings(text.replace('"plug\\x69ns": [./other.cjs]\n', ''))).toBe(
    'nodeLinker: node-modules\nnpmScopes:\n  acme:\n    npmRegistryServer: https://npm.acme.example\n',
  );
  expect(yarnSettings('"plug\\x69ns": [./other.cjs]\n')).not.toContain('other');
  for (const nothing of ['', '[', '- a', text, '5']) expect(yarnSettings(nothing)).not.toContain('evil');
});
