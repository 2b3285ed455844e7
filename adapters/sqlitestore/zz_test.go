package sqlitestore
import ("testing";"time";"fmt";"zombiezen.com/go/sqlite")
func TestZZ(t *testing.T){
 c,_:=sqlite.OpenConn(":memory:")
 for _,q:=range []string{`create table t(row integer primary key,id text unique,doc text)`,`create table "t.x"(k text not null, row integer not null, primary key(k)) without rowid`,`create index tdoc on t(doc) where doc is not null`,`insert into t values(1,'a','d')`,`insert into "t.x" values('k',1)`}{ if err:=execute(c,q);err!=nil{t.Fatal(err)} }
 for _,q:=range []string{
 `select s.row,d.doc from "t.x" as s cross join t as d on d.row=s.row where s.k=? order by s.row`,
 `select s.row,d.doc from "t.x" as s cross join t as d on d.row=s.row where s.k=?`,
 `select s.row,d.doc from "t.x" as s, t as d where d.row=s.row and s.k=?`,
 `select s.row from "t.x" as s where s.k=?`,
 `select doc from t where id=?`,
 `select row, doc from t indexed by tdoc where doc=? order by row`,
 `select row, doc from t indexed by tdoc where doc=?`,
 `select row, doc from t indexed by tdoc where doc is not null and doc=?`,
 `select row, doc from t where id=? order by row`,
 `select s.row,d.doc from "t.x" as s cross join t as d on d.row=s.row where s.k>=? order by s.row`,
 }{
  st:=time.Now()
  for range 2000 { s,err:=c.Prepare(q); if err!=nil{t.Fatal(err)}; s.BindText(1,"k"); s.Step(); s.Reset() }
  fmt.Println(time.Since(st)/2000,q)
 }
}
