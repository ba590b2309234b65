package tdstest

// What a batch is made of. Expressions and conditions share one set of nodes;
// the compiler tells a condition where a value is wanted.
type (
	expr interface{}

	literal struct {
		typ sqlType
		val any
	}
	variable struct{ name string } // in small letters, with its @
	column   struct{ parts []string }
	star     struct{ of string }
	unary    struct {
		op string
		x  expr
	}
	binaryOp struct {
		op   string
		l, r expr
	}
	isNull struct {
		x   expr
		not bool
	}
	between struct {
		x, lo, hi expr
		not       bool
	}
	in struct {
		x    expr
		list []expr
		sub  *query
		not  bool
	}
	exists struct{ sub *query }
	like   struct {
		x, pattern, escape expr
		not                bool
	}
	caseOf struct {
		operand expr
		whens   [][2]expr
		other   expr
	}
	cast struct {
		x     expr
		to    sqlType
		style expr
		try   bool
	}
	call struct {
		name     string
		args     []expr
		distinct bool
		over     *window
	}
	scalar  struct{ sub *query }
	collate struct {
		x    expr
		name string
	}
)

type window struct {
	partition []expr
	order     []orderItem
	frame     string
}

type orderItem struct {
	x    expr
	desc bool
}

// query is a SELECT with everything around it.
type query struct {
	ctes          []cte
	body          body
	order         []orderItem
	offset, fetch expr
}

type cte struct {
	name string
	cols []string
	q    *query
}

// body is a core, or two bodies under a set operator.
type body struct {
	core *core
	op   string // UNION, UNION ALL, EXCEPT, INTERSECT
	l, r *body
	par  *query // in parentheses
}

type core struct {
	distinct bool
	top      expr
	items    []item
	into     []string
	from     []source
	where    expr
	group    []expr
	having   expr
}

type item struct {
	x      expr
	alias  string
	assign string // SELECT @v = x
}

// source is what stands in FROM.
type source struct {
	table []string // a name
	sub   *query
	rows  [][]expr // VALUES
	fn    *call    // a table function
	join  *join
	alias string
	cols  []string
}

type join struct {
	kind string // INNER, LEFT, RIGHT, FULL, CROSS, CROSS APPLY, OUTER APPLY
	l, r source
	on   expr
}

// Statements.
type (
	statement interface{}

	selectStmt struct{ q *query }
	insertStmt struct {
		table  []string
		cols   []string
		rows   [][]expr // nil elements are DEFAULT
		q      *query
		output []item
	}
	updateStmt struct {
		ctes  []cte
		table []string
		sets  []setItem
		from  []source
		where expr
	}
	deleteStmt struct {
		ctes  []cte
		table []string
		from  []source
		where expr
	}
	setItem struct {
		col string
		x   expr // nil is DEFAULT
	}
	createTable struct {
		table []string
		cols  []columnDef
		keys  []keyDef
	}
	columnDef struct {
		name     string
		typ      sqlType
		notNull  bool
		identity bool
		deflt    expr
		computed expr
		collate  string
		key      *keyDef
	}
	keyDef struct {
		name    string
		primary bool
		unique  bool
		cols    []string
	}
	createIndex struct {
		name   string
		table  []string
		unique bool
		cols   []string
		desc   []bool
	}
	createSchema struct{ name string }
	createView   struct {
		name []string
		q    *query
	}
	dropStmt struct {
		what     string // TABLE, VIEW, INDEX, DATABASE, LOGIN, USER, SCHEMA
		names    [][]string
		ifExists bool
		on       []string
	}
	alterTable struct {
		table []string
		add   []columnDef
		drop  []string
		alter *columnDef
	}
	truncate    struct{ table []string }
	setStmt     struct{ words []token }
	setVariable struct {
		name string
		x    expr
	}
	declare struct {
		name string
		typ  sqlType
		x    expr
	}
	ifStmt struct {
		cond        expr
		then, other statement
	}
	block    struct{ list []statement }
	tranStmt struct{ what string } // BEGIN, COMMIT, ROLLBACK, SAVE
	execText struct{ x expr }
	execProc struct {
		name   []string
		args   []expr
		named  []string
		result string
	}
	useStmt    struct{ name string }
	printStmt  struct{ x expr }
	raiseStmt  struct{ args []expr }
	waitFor    struct{ delay expr }
	createDB   struct{ name, collation string }
	alterDB    struct{ words []token }
	createUser struct {
		login    bool // CREATE LOGIN
		name     string
		password string
		of       string // the login of a user
		windows  bool
	}
	alterRole struct {
		role, member string
		drop, server bool
	}
	grantStmt struct {
		what   string // GRANT, DENY, REVOKE
		rights []string
		on     []string // nil: the database
		schema bool
		to     []string
	}
	noop struct{ word string }
)
