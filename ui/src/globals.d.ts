/** Whether the stand-in for the core may be used: true in development, tests and pictures only. */
declare const __MOCK__: boolean;
