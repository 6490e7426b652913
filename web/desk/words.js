// Every text of the desk, in both languages. The words are the glossary's.
const WORDS = {
  en: {
    signIn: 'Sign in', login: 'Login', password: 'Password', signOut: 'Sign out', jobs: 'Jobs', newJob: 'New job',
    all: 'all', state: 'State', number: 'Number', what: 'What', where: 'Customer and site', when: 'Required', who: 'Assigned to',
    nobody: 'nobody yet', assign: 'Assign', reassign: 'Assign anew', cancel: 'Cancel job', close: 'Close', more: 'Show more', none: 'No jobs here.',
    kind: 'Kind', subject: 'Subject', problem: 'What the customer reports', priority: 'Priority (1 is most urgent)',
    minutes: 'Estimated minutes', from: 'From', to: 'To', unit: 'Unit', findUnit: 'Serial, or customer, or phone number',
    find: 'Find', create: 'Create job', partner: 'Partner', own: 'Own team', technician: 'Technician', anyone: 'Partner names somebody',
    slot: 'Plan the visit', reason: 'Reason', created: 'Created: job', noUnit: 'No such unit. Check the serial.', choose: 'Choose a unit first.',
    noOwner: 'Nobody owns this unit yet: give it a customer and a site first.',
    welcome: 'Welcome to Fieldstone', newPassword: 'New password (ten characters or more)', setPassword: 'Set password',
    passwordSet: 'The password is set. Sign in now.', notForYou: 'This desk is for the office and for partners\' offices. Technicians use the app.',
    open: 'open', assigned: 'assigned', accepted: 'accepted', in_progress: 'in progress', completed: 'completed', cancelled: 'cancelled',
    repair: 'repair', install: 'install', maintain: 'maintain', inspect: 'inspect', advise: 'advise',
    planned: 'planned', travelling: 'travelling', arrived: 'arrived', working: 'working', paused: 'paused', abandoned: 'abandoned',
    report: 'Report', away: 'The service cannot be reached. Try again.',
    yourTime: 'Times of your zone', ended: 'Your session has ended. Sign in again.',
  },
  zh: {
    signIn: '登录', login: '账号', password: '密码', signOut: '退出', jobs: '工单', newJob: '新建工单',
    all: '全部', state: '状态', number: '编号', what: '内容', where: '客户与地点', when: '要求时间', who: '指派给',
    nobody: '尚未指派', assign: '指派', reassign: '重新指派', cancel: '取消工单', close: '关闭', more: '更多', none: '没有工单。',
    kind: '类型', subject: '主题', problem: '客户描述', priority: '优先级（1 最紧急）',
    minutes: '预计分钟', from: '从', to: '到', unit: '设备', findUnit: '序列号、客户或电话',
    find: '查找', create: '创建工单', partner: '服务商', own: '自有团队', technician: '服务工程师', anyone: '由服务商指定',
    slot: '安排上门', reason: '原因', created: '已创建工单', noUnit: '没有此设备，请核对序列号。', choose: '请先选择设备。',
    noOwner: '此设备尚无客户，请先登记客户与地点。',
    welcome: '欢迎使用 Fieldstone', newPassword: '新密码（至少十个字符）', setPassword: '设置密码',
    passwordSet: '密码已设置，请登录。', notForYou: '此页面供办公室和服务商办公室使用，工程师请使用手机应用。',
    open: '待指派', assigned: '已指派', accepted: '已接受', in_progress: '进行中', completed: '已完成', cancelled: '已取消',
    repair: '维修', install: '安装', maintain: '保养', inspect: '检查', advise: '咨询',
    planned: '已计划', travelling: '在途', arrived: '已到达', working: '工作中', paused: '暂停', abandoned: '已放弃',
    report: '服务报告', away: '无法连接服务，请重试。',
    yourTime: '按您所在时区', ended: '登录已过期，请重新登录。',
  },
};
export const language = navigator.language.startsWith('zh') ? 'zh' : 'en';
export const say = (key) => WORDS[language][key] ?? key;
