// The pages: where they are, what they are called, who may open them. A page is a
// module with title (text, or a function of params) and render(root, params, ctx),
// which may return a function that cleans up. params are the parts of the path
// named :so, and query, a URLSearchParams.
//
// ctx: {navigate(path), setTitle(text), session, can(role)}

export const routes = [
  { path: '/start', name: 'First call', icon: 'star', group: 'Live', load: () => import('./pages/start.js') },
  { path: '/now', name: 'Now', icon: 'now', group: 'Live', key: 'n', load: () => import('./pages/now.js') },
  { path: '/now/:sid', within: '/now', load: () => import('./pages/now.js') },
  { path: '/conferences', name: 'Timelines', icon: 'timeline', group: 'Live', key: 't', load: () => import('./pages/conferences.js') },
  { path: '/conferences/:sid', within: '/conferences', load: () => import('./pages/timeline.js') },
  { path: '/calls', name: 'Calls', icon: 'calls', group: 'Live', key: 'c', load: () => import('./pages/calls.js') },
  { path: '/calls/:sid', within: '/calls', load: () => import('./pages/call.js') },
  { path: '/phone', name: 'Phone', icon: 'phone', group: 'Live', key: 'p', load: () => import('./pages/phone.js') },
  { path: '/debugger', name: 'Debugger', icon: 'debugger', group: 'Live', key: 'd', load: () => import('./pages/debugger.js') },
  { path: '/warnings', within: '/debugger', load: () => import('./pages/warnings.js') },
  { path: '/warnings/:code', within: '/debugger', load: () => import('./pages/warnings.js') },
  { path: '/line', name: 'Rooms', icon: 'line', group: 'Set up', key: 'l', load: () => import('./pages/line.js') },
  { path: '/numbers', name: 'Numbers', icon: 'numbers', group: 'Set up', key: 'u', load: () => import('./pages/numbers.js') },
  { path: '/applications', name: 'Applications', icon: 'applications', group: 'Set up', key: 'a', load: () => import('./pages/applications.js') },
  { path: '/keys', name: 'API keys', icon: 'keys', group: 'Set up', key: 'k', role: 'administer', load: () => import('./pages/keys.js') },
];

export const first = '/now';
/** Where the console begins as long as nobody has called. */
export const before = '/start';
