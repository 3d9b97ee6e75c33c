# Writes what the CodeDeploy agent makes of each case into the files of cases: see README.md beside this file.
#
#   ruby record.rb CHECKOUT FILE...
#
# As root: cases install below /srv, which is an empty tmpfs in a mount namespace of this process.
require 'base64'
require 'fileutils'
require 'json'
require 'set'
require 'yaml'

unless ENV['VENDHOST_RECORDING']
  mount = 'mount -t tmpfs tmpfs /srv && mount -t tmpfs tmpfs /mnt && exec "$@"'
  clean = { 'VENDHOST_RECORDING' => '1', 'PATH' => ENV['PATH'], 'LANG' => 'C.UTF-8' }
  exec(clean, 'unshare', '--mount', 'sh', '-c', mount, 'sh', 'ruby', $0, *ARGV, unsetenv_others: true)
end

checkout, *files = ARGV
$LOAD_PATH.unshift(File.join(checkout, 'lib'))

# What the classes under trial need of the rest of the agent.
module InstanceAgent
  module Log
    SEVERITIES = %w[debug info warn error fatal unknown].freeze
    SEVERITIES.each { |name| define_singleton_method(name) { |*| nil } }
  end

  module Config
    def self.config = { enable_deployments_log: false }
  end
end
require 'instance_agent/platform'
require 'instance_agent/platform/linux_util'
require 'instance_agent/plugins/codedeploy/hook_executor'
Dir[File.join(checkout, 'lib/instance_agent/plugins/codedeploy/application_specification/*.rb')].each { |file| require file }
require 'instance_agent/plugins/codedeploy/installer'
InstanceAgent::Platform.util = InstanceAgent::LinuxUtil
Plugin = InstanceAgent::Plugins::CodeDeployPlugin
Spec = Plugin::ApplicationSpecification

DEPLOYMENT = '/mnt/deployment'
ARCHIVE = "#{DEPLOYMENT}/deployment-archive"
COMMANDS = '/mnt/commands'
File.umask(0o022)

# Debian has no SELinux, and not every machine has ACLs.
def install_stubs
  FileUtils.mkdir_p('/mnt/bin')
  %w[setfacl semanage restorecon].each { |name| FileUtils.cp("#{__dir__}/stub.sh", "/mnt/bin/#{name}") }
  ENV['PATH'] = "/mnt/bin:#{ENV['PATH']}"
  ENV['COMMANDS'] = COMMANDS
end

def write(root, files, modes)
  (files || {}).each do |path, content|
    file = File.join(root, path)
    FileUtils.mkdir_p(File.dirname(file))
    if content.start_with?('-> ')
      File.symlink(content.delete_prefix('-> '), file)
    else
      File.binwrite(file, content)
      File.chmod((modes || {}).fetch(path, path.end_with?('.sh') ? '755' : '644').to_i(8), file)
    end
  end
end

def prepare(one)
  FileUtils.rm_rf([DEPLOYMENT, '/mnt/instructions', COMMANDS, *Dir.glob('/srv/{*,.[!.]*}')])
  FileUtils.mkdir_p([ARCHIVE, '/mnt/instructions'])
  write(ARCHIVE, one['tree'], one['modes'])
  bytes = one['base64'] ? Base64.decode64(one['base64']) : one['appspec']
  File.binwrite("#{ARCHIVE}/appspec.yml", bytes) if bytes
  write('/srv', one['there'], {})
end

def words(error)
  line = error.message.gsub(ARCHIVE, '<archive>').gsub(/pid \d+ exit/, 'pid 1 exit').lines.first.to_s.strip
  "#{error.class.name.split('::').last}: #{line}"
end

def executor(event)
  Plugin::HookExecutor.new(
    lifecycle_event: event, deployment_id: 'd-CASE', application_name: 'app', deployment_group_name: 'group',
    deployment_group_id: 'id', deployment_creator: 'user', deployment_type: 'IN_PLACE',
    deployment_root_dir: DEPLOYMENT, app_spec_path: 'appspec.yml'
  )
end

def hooks_of(spec)
  spec.hooks.transform_keys(&:to_s).transform_values do |scripts|
    scripts.map do |script|
      { 'location' => script.location, 'timeout' => script.timeout, 'runas' => script.runas,
        'sudo' => script.sudo ? true : nil }.compact
    end
  end
end

# Scripts may go on in the background: what they leave below /srv is read after `settle` seconds.
def run(one)
  began = Time.now
  result = begin
    { 'log' => executor(one['event']).execute }
  rescue Plugin::ScriptError => error
    { 'code' => error.error_code, 'message' => error.message.gsub(ARCHIVE, '<archive>'), 'log' => error.log.log }
  end
  result['seconds'] = (Time.now - began).round
  result['log'] = (result['log'] || []).map { |line| line.gsub(ARCHIVE, '<archive>').scrub }
  sleep(one['settle'] || 0)
  left = Dir.glob('/srv/*').select { |file| File.file?(file) }.sort
  result['left'] = left.to_h { |file| [file, File.read(file)] } unless left.empty?
  result
end

def install(one)
  file = ["#{ARCHIVE}/appspec.yml", "#{ARCHIVE}/appspec.yaml"].find { |name| File.exist?(name) }
  spec = Spec::ApplicationSpecification.parse(File.read(file))
  return nil if spec.files.empty? && spec.permissions.empty?

  result = { 'result' => outcome(one, spec) }
  plan = '/mnt/instructions/id-install.json'
  steps = File.size?(plan) ? JSON.parse(File.read(plan).gsub("#{ARCHIVE}/", ''))['instructions'] : []
  result['plan'] = steps.map { |step| planned(step) }.sort unless steps.empty?
  result['commands'] = File.readlines(COMMANDS, chomp: true).sort if File.exist?(COMMANDS)
  changes = steps.any? { |step| %w[chmod chown].include?(step['type']) } || one['there'] || one['modes']
  result['made'] = made if changes && result['result'] == 'ok'
  result['again'] = again(one, Spec::ApplicationSpecification.parse(File.read(file))) if one['again'] && result['result'] == 'ok'
  result
rescue Exception => error
  { 'result' => words(error) }
end

def outcome(one, spec)
  Plugin::Installer.new(deployment_archive_dir: ARCHIVE, deployment_instructions_dir: '/mnt/instructions',
                        file_exists_behavior: one['behaviour'] || 'DISALLOW').install('id', spec)
  'ok'
rescue Exception => error
  words(error)
end

# The next deployment of the same revision, which begins by removing what this one made.
def again(one, spec)
  FileUtils.rm_f(COMMANDS)
  write('/srv', one['meanwhile'], {})
  result = { 'result' => outcome(one, spec) }
  result['commands'] = File.readlines(COMMANDS, chomp: true).sort if File.exist?(COMMANDS)
  result['made'] = made if result['result'] == 'ok'
  result
end

# A step of the plan in one line.
def planned(step)
  case step['type']
  when 'copy' then "copy #{step['source']} -> #{step['destination']}"
  when 'mkdir' then "mkdir #{step['directory']}"
  when 'chmod' then "chmod #{step['mode']} #{step['file']}"
  when 'chown' then "chown #{step['owner']}:#{step['group']} #{step['file']}"
  when 'setfacl' then "setfacl #{step['acl'].join(',')} #{step['file']}"
  else "#{step['type']} #{step['context'].compact.map { |key, value| "#{key}=#{value}" }.join(' ')} #{step['file']}"
  end
end

# What is below /srv, each with mode, owner and group.
def made
  paths = Dir.glob('/srv/**/*', File::FNM_DOTMATCH).reject { |path| path.end_with?('/.') }.sort
  paths.map do |path|
    stat = File.lstat(path)
    next "#{path} -> #{File.readlink(path)}" if stat.symlink?

    owner = "#{Etc.getpwuid(stat.uid).name}:#{Etc.getgrgid(stat.gid).name}"
    "#{path}#{'/' if stat.directory?} #{(stat.mode & 0o7777).to_s(8)} #{owner}"
  end
end

def verdict(one)
  prepare(one)
  verdict = {}
  begin
    spec = executor('BeforeInstall').instance_variable_get(:@app_spec)
    verdict['parse'] = 'ok'
    verdict['hooks'] = hooks_of(spec) unless spec.hooks.empty?
    verdict['run'] = run(one) if one['event']
  rescue Exception => error
    verdict['parse'] = words(error)
  end
  installed = install(one) if verdict['parse'] == 'ok' || one['event'].nil?
  verdict['install'] = installed if installed && (verdict['parse'] == 'ok' || installed['result'] == 'ok')
  verdict
end

install_stubs
FileUtils.mkdir_p('/mnt/cwd')
files.map { |file| File.expand_path(file) }.each do |file|
  Dir.chdir('/mnt/cwd')
  table = YAML.safe_load_file(file)
  table['cases'].each { |one| one['agent'] = verdict({ 'tree' => table['tree'] }.merge(one)) }
  File.write(file, YAML.dump(table, line_width: 200, header: false).delete_prefix("---\n"))
end
